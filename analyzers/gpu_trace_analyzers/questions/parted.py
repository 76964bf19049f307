"""Which rows has each device, process or thread? Found in one sort, however many of them there are.

A comparison of a whole column for each rank takes the square of the ranks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..few_distinct import few_distinct
from .once import once

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ..model import Int64, Trace

    Thread = tuple[int, int]
    """position of a process, and a thread of it"""


_FEW = 1 << 16


def rows_of_each(numbers: NDArray[Any]) -> dict[int, Int64]:
    """By each number that is in a column of integers, the rows that have it, in order."""
    distinct, which = few_distinct(numbers)
    if len(distinct) < 2:
        return dict.fromkeys(distinct.tolist(), np.arange(len(numbers)))
    if len(distinct) <= _FEW:
        which = which.astype(np.uint16)  # which NumPy sorts by counting
    order = np.argsort(which, kind="stable")
    ends = np.cumsum(np.bincount(which))
    return dict(zip(distinct.tolist(), np.split(order, ends[:-1]), strict=True))


def rows_of_each_thread(process: NDArray[Any], thread: NDArray[Any]) -> dict[Thread, Int64]:
    """By each (process, thread) that is in two columns, in order of these, the rows that have it, in order."""
    (processes, own), (threads, which) = few_distinct(process), few_distinct(thread)
    pairs = rows_of_each(own * len(threads) + which)
    numbers = (divmod(pair, len(threads)) for pair in pairs)
    return {(int(processes[p]), int(threads[t])): rows for (p, t), rows in zip(numbers, pairs.values(), strict=True)}


@once
def rows_by_device(trace: Trace) -> Mapping[int, Int64]:
    """The rows of ``Trace.work`` of each device that did anything, by its position."""
    return rows_of_each(trace.work.device)


@once
def work_by_process(trace: Trace) -> Mapping[int, Int64]:
    """The rows of ``Trace.work`` of each process, by its position; those of no process by `MISSING`."""
    return rows_of_each(trace.work.process)


def rows_on(trace: Trace, position: int) -> Int64:
    """The rows of ``Trace.work`` of one device, in order."""
    return rows_by_device(trace).get(position, np.empty(0, np.int64))
