"""Which operations did the host issue inside each range?

Those that the range's own thread launched, and PyTorch's autograd for it. A range of a whole process has those that any
thread of it launched.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING
from ..rows_of_each import rows_of_each
from .launches import in_order_of_launch, launched_by_thread, launches
from .once import once
from .parted import rows_of_each_thread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ..model import Int32, Int64, Ranges, Trace
    from .parted import Thread

    Mask = NDArray[np.bool_]

_AUTOGRAD = "pt_autograd"
"""How PyTorch names the threads that run backward passes (torch/csrc/autograd/engine.cpp, ``thread_init``)."""


class LaunchOrder:
    """The operations of each host thread, and of all threads of a process, in the order of their launch.

    So a range is a slice of them. What an autograd thread launches also belongs to the thread that called ``backward``,
    which waits meanwhile.
    """

    def __init__(self, trace: Trace) -> None:
        issued = _issued(trace)
        rows = np.concatenate([np.empty(0, np.int64), *issued.values()])
        self._rows, self._at_ns = rows.astype(np.int32), launches(trace).at_ns[rows]
        self._slice = dict(zip(issued, pairwise(accumulate(map(len, issued.values()), initial=0)), strict=True))
        self._count = len(trace.work)

    def inside(self, ranges: Ranges) -> tuple[Int32, Int32]:
        """Pairs of (position of the range, row of ``Trace.work``), (n,) int32 each, in order of the ranges.

        There are as many pairs as operations times the depth of ranges, so their columns are narrow.
        """
        low, high = self._slices(ranges)
        length = high - low
        position = np.repeat(np.arange(len(ranges), dtype=np.int32), length)
        # Each range takes its slice of the rows: count through all of them, then move each slice to where it begins.
        place = np.arange(len(position))
        place += np.repeat(low - (np.cumsum(length) - length), length)
        return position, self._rows[place]

    def firsts(self, ranges: Ranges) -> tuple[Int64, Int64]:
        """(ranges,) int64 each: the row that was launched first in a range, `MISSING` for none, and how many were."""
        low, high = self._slices(ranges)
        row, some = np.full(len(ranges), MISSING, dtype=np.int64), high > low
        row[some] = self._rows[low[some]]
        return row, high - low

    def owned(self, ranges: Ranges) -> Mask:
        """Which rows of ``Trace.work`` any of the ranges has: (rows,) bool."""
        # +1 where the slice of a range begins, -1 where it ends: the running sum counts the ranges around each row.
        edges = np.zeros(len(self._rows) + 1, dtype=np.int64)
        low, high = self._slices(ranges)
        np.add.at(edges, low, 1)
        np.subtract.at(edges, high, 1)
        found = np.zeros(self._count, dtype=bool)
        found[self._rows[np.cumsum(edges[:-1]) > 0]] = True
        return found

    def _slices(self, ranges: Ranges) -> tuple[Int64, Int64]:
        """Where the operations of each range begin and end among the rows; empty where it has none."""
        low, high = np.zeros(len(ranges), dtype=np.int64), np.zeros(len(ranges), dtype=np.int64)
        for mine, first, last in self._threads(ranges):
            at_ns = self._at_ns[first:last]
            low[mine] = first + np.searchsorted(at_ns, ranges.start_ns[mine])
            high[mine] = first + np.searchsorted(at_ns, ranges.end_ns[mine])
        return low, high

    def _threads(self, ranges: Ranges) -> Iterator[tuple[Int64, int, int]]:
        """The ranges of each thread that launched anything, and its slice of the launches."""
        for owner, rows in rows_of_each_thread(ranges.process, ranges.thread).items():
            if owner in self._slice:
                yield rows, *self._slice[owner]


@once
def launch_order(trace: Trace) -> LaunchOrder:
    """That of a trace."""
    return LaunchOrder(trace)


def _issued(trace: Trace) -> dict[Thread, Int64]:
    """By thread, the rows that it launched, and those that it waited for while an autograd thread launched them.

    By `MISSING` those of all threads of a process, if it has ranges of any of its threads.
    """
    launched = launched_by_thread(trace)
    found = dict(launched)
    for process, autograd, caller in backward_callers(trace):
        lent = [launched[process, thread] for thread in autograd if (process, thread) in launched]
        _add(trace, found, (process, caller), lent)
    for process in np.unique(trace.ranges.process[trace.ranges.thread == MISSING]).tolist():
        of_any = [rows for (of, thread), rows in launched.items() if of == process and thread != MISSING]
        _add(trace, found, (process, MISSING), of_any)
    return found


def _add(trace: Trace, issued: dict[Thread, Int64], owner: Thread, others: list[Int64]) -> None:
    """Give a thread the rows of others too."""
    if others:
        own = issued.get(owner, np.empty(0, np.int64))
        issued[owner] = in_order_of_launch(trace, np.concatenate((own, np.sort(np.concatenate(others)))))


@once
def backward_callers(trace: Trace) -> tuple[tuple[int, list[int], int], ...]:
    """(process, its autograd threads, the thread that called backward), where one thread alone can be that.

    It is the only other thread with ranges; of several, the only one with a range named after backward.
    """
    found, rows, none = [], rows_of_each(trace.ranges.process), np.empty(0, np.int64)
    for position, process in enumerate(trace.processes):
        autograd = [thread for thread, name in process.thread_names.items() if _AUTOGRAD in name]
        own = trace.ranges[rows.get(position, none)]
        own = own[~np.isin(own.thread, [*autograd, MISSING])]
        candidates = np.unique(own.thread)
        if len(candidates) > 1:
            codes = np.unique(own.name).tolist()
            backward = [c for c in codes if c != MISSING and "backward" in trace.text(c).lower()]
            candidates = np.unique(own.thread[np.isin(own.name, backward)])
        if autograd and len(candidates) == 1:
            found.append((position, autograd, int(candidates[0])))
    return tuple(found)
