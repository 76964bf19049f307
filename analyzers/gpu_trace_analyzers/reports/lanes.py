"""The timeline of the page as data: lanes of spans, few enough to be drawn quickly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..model import MISSING, Engine
from ..questions.causes import explain
from ..questions.launches import launches
from ..questions.nesting import nesting_depths
from .fitting import shortened
from .tables import ENGINE_NAMES

if TYPE_CHECKING:
    from ..model import Int32, Int64, Trace
    from ..questions.launches import Launches
    from ..questions.overlap import DeviceFigures
    from ..summary import Summary

    Lane = dict[str, Any]

SPANS_A_LANE = 3000
DEPTHS_SHOWN = 5
LONGEST_NAME = 160
_KINDS = {
    Engine.COMPUTE: "compute",
    Engine.COLLECTIVE: "collective",
    Engine.MEMSET: "memset",
    Engine.UNKNOWN: "unknown",
}


class Timeline:
    """Lanes of every device, and of the ranges of every host thread, on one clock that starts at 0.

    A lane has spans ``[start, length, name, count]`` in ns, sorted, none overlapping the next; ``name`` is a position
    in ``names``. Operations too short to be told apart are one span, with their ``count``; ``merged_below_ns`` says
    how short that is (0: nothing was merged).
    """

    def __init__(self, trace: Trace, summary: Summary) -> None:
        self.names: dict[str, int] = {}
        self.merged_below_ns = 0
        self._trace, self._summary = trace, summary
        self._start_ns = min((figures.window.start_ns for figures in summary.devices), default=0)
        self._end_ns = max((figures.window.end_ns for figures in summary.devices), default=1)
        launched = launches(trace)
        groups = [
            {"title": figures.device.label, "lanes": self._device(figures, launched)} for figures in summary.devices
        ]
        self.groups = [*groups, *self._threads()]

    def document(self) -> dict[str, Any]:
        """What the page's script reads."""
        return {"span": max(1, self._end_ns - self._start_ns), "names": [*self.names], "groups": self.groups}

    def _device(self, figures: DeviceFigures, launched: Launches) -> list[Lane]:
        work = self._trace.work
        lanes = []
        for engine in figures.engines:
            rows = np.flatnonzero((work.device == figures.position) & (work.engine == engine))
            kind = _KINDS.get(engine, "copy")
            lanes += self._lanes(ENGINE_NAMES[engine], kind, work.start_ns[rows], work.end_ns[rows], work.name[rows])
            if engine == max(set(figures.engines) & set(figures.copies), default=None):
                lanes += self._exposed(figures, launched)
        return lanes

    def _exposed(self, figures: DeviceFigures, launched: Launches) -> list[Lane]:
        window = self._summary.window
        verdicts = explain(self._trace, figures.position, figures.copies, window, launched=launched)
        stretches = verdicts.stretches
        titles = np.array([self._name(rule.title) for rule in verdicts.rules], dtype=np.int64)
        spans = self._spans(stretches.start_ns, stretches.end_ns, titles[verdicts.rule])
        return [{"name": "exposed copy", "kind": "exposed", "spans": spans}] if spans else []

    def _threads(self) -> list[dict[str, Any]]:
        ranges = self._trace.ranges
        ranges = ranges[(ranges.end_ns > self._start_ns) & (ranges.start_ns < self._end_ns)]
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
        return [{"title": "Ranges on the host", "lanes": lanes}] if lanes else []

    def _hidden_domains(self) -> list[int]:
        domains = np.unique(self._trace.ranges.domain).tolist()
        return [code for code in domains if self._trace.text(code) in self._summary.hidden_domains]

    def _lanes(self, name: str, kind: str, start_ns: Int64, end_ns: Int64, codes: Int32) -> list[Lane]:
        texts = {code: self._name(self._trace.text(code)) for code in np.unique(codes).tolist()}
        names = np.array([texts[code] for code in codes.tolist()], dtype=np.int64)
        spans = self._spans(start_ns, end_ns, names)
        return [{"name": name, "kind": kind, "spans": spans}] if spans else []

    def _name(self, text: str) -> int:
        return self.names.setdefault(shortened(text, LONGEST_NAME), len(self.names))

    def _spans(self, start_ns: Int64, end_ns: Int64, names: Int64) -> list[list[int]]:
        """Clipped to the window, in order; what overlaps or is too short to be seen beside its neighbour is merged."""
        start_ns, end_ns = np.maximum(start_ns, self._start_ns), np.minimum(end_ns, self._end_ns)
        some = end_ns > start_ns
        order = np.flatnonzero(some)[np.argsort(start_ns[some], kind="stable")]
        start_ns, end_ns, names = start_ns[order] - self._start_ns, end_ns[order] - self._start_ns, names[order]
        if not len(start_ns):
            return []
        opens = _openings(start_ns, end_ns, self._shortest(len(start_ns)))
        first = np.flatnonzero(opens)
        until = np.maximum.reduceat(end_ns, first)
        count = np.diff(np.append(first, len(start_ns)))
        columns = (start_ns[first], until - start_ns[first], names[first], count)
        return [list(span) for span in zip(*(column.tolist() for column in columns), strict=True)]

    def _shortest(self, spans: int) -> int:
        if spans <= SPANS_A_LANE:
            return 0
        level = (self._end_ns - self._start_ns) // SPANS_A_LANE + 1
        self.merged_below_ns = max(self.merged_below_ns, level)
        return level


def _openings(start_ns: Int64, end_ns: Int64, level_ns: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Where a span begins that is not drawn with the one before: they do not overlap, and one of them can be seen."""
    reach = np.maximum.accumulate(end_ns)[:-1]
    apart = start_ns[1:] >= reach
    if level_ns:
        seen = end_ns - start_ns >= level_ns
        far = start_ns[1:] // level_ns != start_ns[:-1] // level_ns
        apart &= seen[1:] | seen[:-1] | far
    return np.concatenate(([True], apart))
