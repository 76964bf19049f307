"""Which rows has each device, process or thread?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..few_distinct import few_distinct
from ..rows_of_each import rows_of_each, rows_of_each_tuple
from .once import once

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ..model import Int64, Trace

    Thread = tuple[int, int]
    """position of a process, and a thread of it"""


def rows_of_each_thread(process: NDArray[Any], thread: NDArray[Any]) -> dict[Thread, Int64]:
    """By each (process, thread) that is in two columns, in order of these, the rows that have it, in order."""
    return {(pid, tid): rows for (pid, tid), rows in rows_of_each_tuple(process, thread).items()}


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


@once
def processes_on(trace: Trace, position: int) -> tuple[int, ...]:
    """The processes that worked on one device, in order; `MISSING` first, for work of none that is known."""
    return tuple(few_distinct(trace.work.process[rows_on(trace, position)])[0].tolist())
