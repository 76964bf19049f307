"""Which rows has each device, process or thread? Found in one sort, however many of them there are.

A comparison of a whole column for each rank takes the square of the ranks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .once import once

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ..model import Int64, Trace


def rows_of_each(numbers: NDArray[Any]) -> dict[int, Int64]:
    """By each number that is in a column of integers, the rows that have it, in order."""
    order = np.argsort(numbers, kind="stable")
    distinct, first = np.unique(numbers[order], return_index=True)
    return dict(zip(distinct.tolist(), np.split(order, first[1:]), strict=False))  # of nothing, split makes one part


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
