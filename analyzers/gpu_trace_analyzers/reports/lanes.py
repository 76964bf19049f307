"""The timeline of the page: which lanes it has, of each device, of what is predicted of it, and of the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..model import MISSING, Engine
from ..questions.nesting import nesting_depths
from .lane_data import Group
from .lane_maker import LaneMaker
from .lost_lanes import exposed_collectives, exposed_copies, idle
from .packing import packed
from .plain import plain
from .sections.device import ENGINE_KINDS, ENGINE_NAMES
from .sections.verdict import extent

if TYPE_CHECKING:
    from ..analysis import Analysis
    from ..questions.overlap import DeviceFigures
    from ..summary import Summary
    from ..whatif.answer import Schedule, WhatIf
    from .lane_data import IdleLane, Lane

DEPTHS_SHOWN = 5


def zero_of(summary: Summary) -> int:
    """Where the clock of the page begins, in ns on the clock of the trace: with what any device did first."""
    return min((figures.window.start_ns for figures in summary.devices), default=0)


class Timeline:
    """Lanes of every device, and of the ranges of every host thread, on one clock that starts at 0.

    Below a device stands what is predicted of it, on the same clock.
    """

    def __init__(self, analysis: Analysis, summary: Summary, what_if: WhatIf | None = None) -> None:
        self.zero_ns = zero_of(summary)
        self._end_ns = max((figures.window.end_ns for figures in summary.devices), default=self.zero_ns + 1)
        self._analysis, self._trace, self._summary = analysis, analysis.trace, summary
        self._make = LaneMaker(self._trace, self.zero_ns, self._end_ns)
        self._predicted = what_if.schedule if what_if else None
        self._begin_ns = what_if.window.start_ns if what_if else 0
        groups = [group for figures in summary.devices for group in self._groups(figures)]
        self.groups = [*groups, *self._host()]

    def document(self) -> dict[str, Any]:
        """What the page's script reads."""
        lanes = [lane for group in self.groups for lane in group.lanes]
        return {
            "span": max(1, self._end_ns - self.zero_ns),
            "steady": self.steady,
            "names": [*self._make.names.codes],
            "groups": [group.document() for group in self.groups],
            "spans": packed(column for lane in lanes for column in lane.columns()),
        }

    @property
    def steady(self) -> tuple[int, int] | None:
        """What the account speaks of, on the clock of the page; None if that is everything."""
        window = self._analysis.account.steady.window
        if window is None:
            return None
        return max(0, window.start_ns - self.zero_ns), min(self._end_ns, window.end_ns) - self.zero_ns

    @property
    def steady_name(self) -> str:
        """The same in words: ``steps 3 to 39``."""
        return extent(self._analysis.account.steady)

    def _groups(self, figures: DeviceFigures) -> list[Group]:
        """A device as it was recorded, and if something is predicted of it, as it would be."""
        label, place = plain(figures.device.label), figures.position
        rank = figures.device.rank if figures.device.rank >= 0 else None
        recorded = Group(label, self._recorded(figures), place, rank)
        predicted = [] if self._predicted is None else self._as_predicted(self._predicted, place)
        return [recorded, *([Group(f"{label}, predicted", predicted, place, rank)] if predicted else [])]

    def _recorded(self, figures: DeviceFigures) -> list[Lane | IdleLane]:
        """A lane per engine, below the last of those that it is of the lane of what was exposed, and idle time."""
        place = figures.position
        lanes: list[Lane | IdleLane] = []
        for engine in figures.engines:
            lanes += self._engine(engine, place)
            if engine == Engine.COLLECTIVE:
                lanes += exposed_collectives(self._analysis, place, self._make)
            if engine == max({*figures.engines} & {*figures.copies}, default=None):
                lanes += exposed_copies(self._analysis, place, self._make)
        return [*lanes, *idle(self._analysis, place, figures.recorded, self._make)]

    def _engine(self, engine: Engine, device: int) -> list[Lane]:
        work = self._trace.work
        rows = np.flatnonzero((work.device == device) & (work.engine == engine))
        return self._make.work(ENGINE_NAMES[engine], _kind(engine), rows, work.start_ns[rows], work.end_ns[rows])

    def _as_predicted(self, schedule: Schedule, device: int) -> list[Lane | IdleLane]:
        """The schedule of one device: a lane per engine, and the critical path."""
        work = self._trace.work[schedule.rows]
        critical = np.zeros(len(work), np.bool_)
        critical[schedule.critical] = True
        own = work.device == device
        chosen = [(ENGINE_NAMES[each], _kind(each), own & (work.engine == each)) for each in Engine]
        lanes: list[Lane | IdleLane] = []
        for name, kind, which in (*chosen, ("critical path", "critical", own & critical)):
            start_ns, end_ns = (ns[which] + self._begin_ns for ns in (schedule.start_ns, schedule.end_ns))
            lanes += self._make.work(name, kind, schedule.rows[which], start_ns, end_ns)
        return lanes

    def _host(self) -> list[Group]:
        """The ranges of every thread, a lane for each depth."""
        ranges = self._trace.ranges
        ranges = ranges[(ranges.end_ns > self.zero_ns) & (ranges.start_ns < self._end_ns)]
        ranges = ranges[(ranges.end_ns > ranges.start_ns) & ~np.isin(ranges.domain, self._hidden_domains())]
        depth = nesting_depths(ranges)
        lanes: list[Lane | IdleLane] = []
        for process, thread in sorted({*zip(ranges.process.tolist(), ranges.thread.tolist(), strict=True)}):
            mine = (ranges.process == process) & (ranges.thread == thread)
            whose = f"thread {thread}" if thread != MISSING else f"process {self._trace.processes[process].pid}"
            for level in range(min(DEPTHS_SHOWN, int(depth[mine].max()) + 1)):
                lanes += self._make.ranges(whose if level == 0 else "  inside", ranges[mine & (depth == level)])
        return [Group("Ranges on the host", lanes)] if lanes else []

    def _hidden_domains(self) -> list[int]:
        domains = np.unique(self._trace.ranges.domain).tolist()
        return [code for code in domains if self._trace.text(code) in self._summary.hidden_domains]


def _kind(engine: Engine) -> str:
    return f"engine-{ENGINE_KINDS[engine]}"
