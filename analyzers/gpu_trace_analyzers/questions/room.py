"""Which launches waited for room in the launch queue? There the host is ahead, so it loses no time.

A process launches about a thousand operations ahead of its device. Past that a launch call returns only when earlier
work begins or ends. CUPTI has a record of such a wait. Of a process without any, a long call waited for room if the
queue was full as it began, or if it returned with an operation of its stream and not by chance.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..intervals import Intervals
from ..model import KERNELS, MISSING
from ..rows_of_each import rows_of_each
from ..vocabulary.cupti import QUEUE_FULL
from .launches import launches, launching
from .once import once
from .recorded import recorded
from .streams import streams

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..model import Int64, Trace
    from .scope import Scope

    Mask = NDArray[np.bool_]

LONG_NS = 50_000
"""A launch call takes some microseconds."""
FULL = 1_000
"""Pending launches with which a queue is full: CUPTI's own records on an H200 are of calls with 1,022 to 1,039."""
MANY = 100
"""Pending launches of a stream with which a call may wait for room: large arguments fill a queue earlier."""
AT_ONCE_NS = 15_000
"""A call that waited for an operation returns so soon after it began or ended."""
_WAITED = re.compile(f"^{re.escape(QUEUE_FULL)}$")
_BY_CHANCE = 10
"""A call returns by chance so soon after an operation where operations begin and end in a tenth of its time or more."""


@dataclass(frozen=True, slots=True)
class Room:
    """How often and how long launches of one device waited for room."""

    launches: int
    ns: int
    """the time in which any of them did"""


@once
def room(scope: Scope, position: int) -> Room:
    """That of one device, in the time that was recorded of it."""
    trace, waited = scope.trace, waited_for_room(scope.trace)
    if not waited.any():
        return Room(0, 0)
    call = launches(trace).call[trace.work.device == position]
    call = call[call != MISSING]
    calls = np.unique(call[waited[call]])
    spans = Intervals.of(trace.calls.start_ns[calls], trace.calls.end_ns[calls]) & recorded(scope, position)
    inside = spans.covered_ns(trace.calls.start_ns[calls], trace.calls.end_ns[calls]) > 0
    return Room(int(inside.sum()), spans.total_ns)


@once
def waited_for_room(trace: Trace) -> Mask:
    """Which rows of ``Trace.calls`` launched something and waited for room first: (calls,) bool."""
    found = np.zeros(len(trace.calls), np.bool_)
    found[_recorded(trace)] = True
    if not (launching(trace) & (trace.calls.end_ns - trace.calls.start_ns > LONG_NS)).any():
        return found
    work, told = trace.work, np.unique(trace.calls.process[found])
    rows = np.flatnonzero((launches(trace).call != MISSING) & ~np.isin(work.process, told))
    queues = work.process[rows].astype(np.int64) * len(trace.devices) + work.device[rows]
    for own in rows_of_each(queues).values():
        found[_inferred(trace, rows[own])] = True
    return found


def _recorded(trace: Trace) -> Int64:
    """The launch calls in which CUPTI recorded that one waited for room: of its process the last that had begun."""
    overheads, found = trace.overheads, [np.zeros(0, np.int64)]
    rows = np.flatnonzero(trace.says(overheads.name, _WAITED))
    for process in np.unique(overheads.process[rows]).tolist():
        own = np.flatnonzero(launching(trace) & (trace.calls.process == process))
        waits = overheads[rows[overheads.process[rows] == process]]
        last = np.searchsorted(trace.calls.start_ns[own], waits.start_ns, side="right") - 1
        within = own[last[last >= 0]]
        found.append(within[waits.end_ns[last >= 0] <= trace.calls.end_ns[within]])
    return np.concatenate(found)


@dataclass(frozen=True, slots=True, eq=False)
class _Queue:
    """The launch calls of one process for one device, in order: (n,) int64 each."""

    call: Int64
    """position in ``Trace.calls``"""
    row: Int64
    """the first row of ``Trace.work`` that it launched"""
    end_ns: Int64
    """when all that it launched had ended"""

    @classmethod
    def of(cls, trace: Trace, rows: Int64) -> _Queue:
        """Those that launched some rows of ``Trace.work``."""
        call = launches(trace).call[rows]
        order = np.argsort(call, kind="stable")
        rows, call = rows[order], call[order]
        first = np.flatnonzero(np.diff(call, prepend=MISSING))
        return cls(call[first], rows[first], np.maximum.reduceat(trace.work.end_ns[rows], first))

    def pending(self, trace: Trace, at_ns: Int64) -> Int64:
        """How many calls before each instant launched something that had not ended then."""
        begun = np.searchsorted(trace.calls.start_ns[self.call], at_ns)
        return np.asarray(begun - np.searchsorted(np.sort(self.end_ns, kind="stable"), at_ns, side="right"))


def _inferred(trace: Trace, rows: Int64) -> Int64:
    """The calls that launched rows of one process and device and waited for room, by what was pending."""
    queue, calls, work = _Queue.of(trace, rows), trace.calls, trace.work
    took = calls.end_ns[queue.call] - calls.start_ns[queue.call]
    kernel = np.isin(work.engine[queue.row], KERNELS) & (work.graph[queue.row] == MISSING)
    long = np.flatnonzero((took > LONG_NS) & kernel)
    if not len(long):
        return queue.call[long]
    pending = queue.pending(trace, calls.start_ns[queue.call[long]])
    full, maybe = long[pending >= FULL], long[(pending >= MANY) & (pending < FULL)]
    stream = streams(trace, work[rows])
    of = stream[np.searchsorted(rows, queue.row[maybe])]
    released = [_released(trace, rows[stream == each], queue.call[maybe[of == each]]) for each in np.unique(of)]
    return np.concatenate((queue.call[full], *released))


def _released(trace: Trace, rows: Int64, candidates: Int64) -> Int64:
    """Those of some calls that returned as an operation of their stream, whose rows these are, began or ended."""
    start_ns, end_ns = trace.calls.start_ns[candidates], trace.calls.end_ns[candidates]
    at_ns = np.sort(np.concatenate((trace.work.start_ns[rows], trace.work.end_ns[rows])))
    until = np.searchsorted(at_ns, end_ns, side="right")
    at_once = until > np.searchsorted(at_ns, end_ns - AT_ONCE_NS)
    changes = until - np.searchsorted(at_ns, start_ns)
    rare = _BY_CHANCE * AT_ONCE_NS * changes <= end_ns - start_ns
    many = _Queue.of(trace, rows).pending(trace, start_ns) >= MANY
    return candidates[at_once & rare & many]
