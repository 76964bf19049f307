"""The files of a run are read: one after the other, or several at once, each by a process of its own."""

from __future__ import annotations

from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING

from ...errors import GpuTraceError
from ...interrupts import interrupts_later

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...model import Trace
    from ..base.tracefile import TraceFile

    Found = Trace | GpuTraceError

_WORTH_PROCESSES = 8_000_000
"""bytes of all files: fewer are read sooner than processes have started"""


def read_each(files: Sequence[TraceFile], read: Callable[[TraceFile], Trace], workers: int) -> list[Found]:
    """The trace of each file, in order, or why it could not be read.

    ``read`` is pickled where ``workers`` is more than 1. Raises `WorkerLost` if one of them ends.
    """
    if min(workers, len(files)) < 2 or not _is_much(files):
        return [_found(read, file) for file in files]
    from ..base.processes import reading_processes  # takes 20 ms to import, and few folders are large

    with reading_processes(min(workers, len(files))) as pool:
        with interrupts_later():  # a process whose start is interrupted would outlive the pool
            found = pool.map(partial(_found, read), files)
        return list(found)


def _found(read: Callable[[TraceFile], Trace], file: TraceFile) -> Found:
    try:
        return read(file)
    except GpuTraceError as error:
        return error


def _is_much(files: Sequence[TraceFile]) -> bool:
    sizes = (file.path.stat().st_size for file in files if file.path.is_file())
    return any(size >= _WORTH_PROCESSES for size in accumulate(sizes))
