"""Rows of a trace become lanes of the page: clipped to its time, in order, with what is said of each of their spans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..few_distinct import few_distinct
from ..intervals import Intervals
from ..model import MISSING
from ..questions.innermost import innermost_ranges
from ..questions.stretches import pick
from .lane_data import Lane, Names

if TYPE_CHECKING:
    from ..model import Int32, Int64, Ranges, Trace

_RUN_ON = {"gpu": "stream", "cpu": "thread"}


class LaneMaker:
    """Makes the lanes of a page, from ``zero_ns`` to ``end_ns`` on the clock of the trace, and keeps their `Names`."""

    def __init__(self, trace: Trace, zero_ns: int, end_ns: int) -> None:
        self.names = Names()
        self.zero_ns, self._end_ns = zero_ns, end_ns
        self._trace, self._work = trace, trace.work
        self._range_of = pick(trace.ranges.name, innermost_ranges(trace))

    def since_zero(self, found: Intervals) -> Intervals:
        """The same, on the clock of the page."""
        inside = found.clip(self.zero_ns, self._end_ns)
        return Intervals(inside.start_ns - self.zero_ns, inside.end_ns - self.zero_ns)

    def work(self, name: str, kind: str, rows: Int64, start_ns: Int64, end_ns: Int64) -> list[Lane]:
        """Rows of ``Trace.work``, at these times, which need not be those of the trace; no lane without any."""
        names = self.names.column(self._work.name[rows], self._trace.text)
        return self._lanes(name, kind, start_ns, end_ns, names, rows)

    def lost(self, name: str, kind: str, start_ns: Int64, end_ns: Int64, names: Int32, rows: Int64) -> list[Lane]:
        """Times that were lost, named for their causes, and the row of work that ran in each; no lane without any."""
        return self._lanes(name, kind, start_ns, end_ns, names, rows)

    def ranges(self, name: str, rows: Ranges) -> list[Lane]:
        """Ranges of the host; no lane without any."""
        names, nothing = self.names.column(rows.name, self._trace.text), np.full(len(rows), MISSING)
        return self._lanes(name, "range", rows.start_ns, rows.end_ns, names, nothing)

    def _lanes(self, name: str, kind: str, start_ns: Int64, end_ns: Int64, names: Int32, rows: Int64) -> list[Lane]:
        """``rows`` are of work, `MISSING` for a span that is of none."""
        start_ns, end_ns = np.maximum(start_ns, self.zero_ns), np.minimum(end_ns, self._end_ns)
        some = np.flatnonzero(end_ns > start_ns)
        order = some[np.argsort(start_ns[some], kind="stable")]
        times = (start_ns[order] - self.zero_ns, end_ns[order] - self.zero_ns)
        lane = Lane(name, kind, *times, names[order], self._streams(rows[order]), self._ranges(rows[order]))
        return [lane] if len(order) else []

    def _streams(self, rows: Int64) -> Int32:
        """What each row ran on, by its name: ``stream 7``."""
        known = rows[rows != MISSING]
        found = np.full(len(rows), MISSING, np.int32)
        for device in few_distinct(self._work.device[known])[0].tolist():
            own = (rows != MISSING) & (self._work.device[rows] == device)
            named = f"{_RUN_ON[self._trace.devices[device].kind]} {{}}".format
            found[own] = self.names.column(self._work.stream[rows[own]], named)
        return found

    def _ranges(self, rows: Int64) -> Int32:
        """The name of the range that launched each row."""
        return self.names.column(pick(self._range_of, rows), self._trace.text)
