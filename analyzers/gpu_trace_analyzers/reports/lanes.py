"""The timeline of the page as data: lanes of every operation and range, exactly as long as it was.

How much of a lane is painted at any zoom is for the page to reckon; nothing is merged or left out here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..model import MISSING, Engine
from ..questions.nesting import nesting_depths
from .fitting import shortened
from .packing import packed
from .plain import plain
from .sections.device import ENGINE_KINDS, ENGINE_NAMES

if TYPE_CHECKING:
    from ..analysis import Analysis
    from ..model import Int32, Int64
    from ..questions.overlap import DeviceFigures
    from ..summary import Summary
    from ..whatif.answer import Schedule, WhatIf

DEPTHS_SHOWN = 5
LONGEST_NAME = 160
LOSS_KINDS = ("exposed-copy",)


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """One row of the timeline, of one kind of span, which is the variable of the page's style that colors it.

    All columns are (n,) int64, in order of their starts: from when until when in ns since the page's zero, and the
    position of its name in `Timeline.names`. Spans may overlap, where several streams run at once; none is empty.
    """

    name: str
    kind: str
    start_ns: Int64
    end_ns: Int64
    names: Int64

    @property
    def loss(self) -> bool:
        """Whether its spans are times that were lost, and not work."""
        return self.kind in LOSS_KINDS

    def document(self) -> dict[str, Any]:
        """What the page has of it beside its columns."""
        return {"name": self.name, "kind": self.kind, "count": len(self.names), "loss": self.loss}

    def columns(self) -> tuple[Int64, ...]:
        """Distances between starts (the first from zero), lengths and names: small numbers, which pack well."""
        return np.diff(self.start_ns, prepend=0), self.end_ns - self.start_ns, self.names


@dataclass(frozen=True, slots=True)
class Group:
    """The lanes of a device, or those of the host."""

    title: str
    lanes: list[Lane]
    device: int | None = None
    """position in ``Trace.devices``; None for the host"""
    rank: int | None = None
    """of a job"""


def zero_of(summary: Summary) -> int:
    """Where the clock of the page begins, in ns on the clock of the trace: with what any device did first."""
    return min((figures.window.start_ns for figures in summary.devices), default=0)


class Timeline:
    """Lanes of every device, and of the ranges of every host thread, on one clock that starts at 0.

    Below a device stands what is predicted of it, on the same clock.
    """

    def __init__(self, analysis: Analysis, summary: Summary, what_if: WhatIf | None = None) -> None:
        self.names: dict[str, int] = {}
        self.predicted = what_if.schedule if what_if else None
        self._begin_ns = what_if.window.start_ns if what_if else 0
        self._analysis, self._trace, self._summary = analysis, analysis.trace, summary
        self.zero_ns = zero_of(summary)
        self._end_ns = max((figures.window.end_ns for figures in summary.devices), default=1)
        groups = [group for figures in summary.devices for group in self._groups(figures)]
        self.groups = [*groups, *self._threads()]

    def document(self) -> dict[str, Any]:
        """What the page's script reads."""
        lanes = [lane for group in self.groups for lane in group.lanes]
        return {
            "span": max(1, self._end_ns - self.zero_ns),
            "names": [*self.names],
            "groups": [
                {"title": g.title, "device": g.device, "rank": g.rank, "lanes": [lane.document() for lane in g.lanes]}
                for g in self.groups
            ],
            "spans": packed(column for lane in lanes for column in lane.columns()),
        }

    def _groups(self, figures: DeviceFigures) -> list[Group]:
        """A device as it was recorded, and if something is predicted of it, as it would be."""
        label, place = plain(figures.device.label), figures.position
        rank = figures.device.rank if figures.device.rank >= 0 else None
        recorded = Group(label, self._device(figures), place, rank)
        predicted = [] if self.predicted is None else self._predicted(self.predicted, place)
        return [recorded, *([Group(f"{label}, predicted", predicted, place, rank)] if predicted else [])]

    def _predicted(self, schedule: Schedule, device: int) -> list[Lane]:
        """The schedule of one device: a lane per engine, and the critical path."""
        work = self._trace.work[schedule.rows]
        critical = np.zeros(len(work), np.bool_)
        critical[schedule.critical] = True
        own = work.device == device
        chosen = [(ENGINE_NAMES[each], _kind(each), own & (work.engine == each)) for each in Engine]
        lanes = []
        for name, kind, rows in (*chosen, ("critical path", "critical", own & critical)):
            start_ns, end_ns = (ns[rows] + self._begin_ns for ns in (schedule.start_ns, schedule.end_ns))
            lanes += self._lanes(name, kind, start_ns, end_ns, work.name[rows])
        return lanes

    def _device(self, figures: DeviceFigures) -> list[Lane]:
        work = self._trace.work
        lanes = []
        for engine in figures.engines:
            rows = np.flatnonzero((work.device == figures.position) & (work.engine == engine))
            kind = _kind(engine)
            lanes += self._lanes(ENGINE_NAMES[engine], kind, work.start_ns[rows], work.end_ns[rows], work.name[rows])
            if engine == max(set(figures.engines) & set(figures.copies), default=None):
                lanes += self._exposed(figures)
        return lanes

    def _exposed(self, figures: DeviceFigures) -> list[Lane]:
        explained = self._analysis.exposed_copies_of(figures.position)
        stretches = explained.stretches
        titles = np.array([self._name(rule.title) for rule in explained.rules], dtype=np.int64)
        lane = self._lane("exposed copy", "exposed-copy", stretches.start_ns, stretches.end_ns, titles[explained.rule])
        return [lane] if len(lane.names) else []

    def _threads(self) -> list[Group]:
        ranges = self._trace.ranges
        ranges = ranges[(ranges.end_ns > self.zero_ns) & (ranges.start_ns < self._end_ns)]
        ranges = ranges[(ranges.end_ns > ranges.start_ns) & ~np.isin(ranges.domain, self._hidden_domains())]
        depth = nesting_depths(ranges)
        lanes: list[Lane] = []
        for process, thread in sorted({*zip(ranges.process.tolist(), ranges.thread.tolist(), strict=True)}):
            mine = (ranges.process == process) & (ranges.thread == thread)
            for level in range(min(DEPTHS_SHOWN, int(depth[mine].max()) + 1)):
                rows = ranges[mine & (depth == level)]
                whose = f"thread {thread}" if thread != MISSING else f"process {self._trace.processes[process].pid}"
                name = whose if level == 0 else "  inside"
                lanes += self._lanes(name, "range", rows.start_ns, rows.end_ns, rows.name)
        return [Group("Ranges on the host", lanes)] if lanes else []

    def _hidden_domains(self) -> list[int]:
        domains = np.unique(self._trace.ranges.domain).tolist()
        return [code for code in domains if self._trace.text(code) in self._summary.hidden_domains]

    def _lanes(self, name: str, kind: str, start_ns: Int64, end_ns: Int64, codes: Int32) -> list[Lane]:
        distinct, places = np.unique(codes, return_inverse=True)
        names = np.array([self._name(self._trace.text(code)) for code in distinct.tolist()], dtype=np.int64)
        lane = self._lane(name, kind, start_ns, end_ns, names[places])
        return [lane] if len(lane.names) else []

    def _name(self, text: str) -> int:
        return self.names.setdefault(shortened(plain(text), LONGEST_NAME), len(self.names))

    def _lane(self, name: str, kind: str, start_ns: Int64, end_ns: Int64, names: Int64) -> Lane:
        """Clipped to the window, in order."""
        start_ns, end_ns = np.maximum(start_ns, self.zero_ns), np.minimum(end_ns, self._end_ns)
        some = np.flatnonzero(end_ns > start_ns)
        order = some[np.argsort(start_ns[some], kind="stable")]
        return Lane(name, kind, start_ns[order] - self.zero_ns, end_ns[order] - self.zero_ns, names[order])


def _kind(engine: Engine) -> str:
    return f"engine-{ENGINE_KINDS[engine]}"
