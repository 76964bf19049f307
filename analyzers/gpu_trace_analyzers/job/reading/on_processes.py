"""A whole job, read by several processes of this machine, a rank at a time in each."""

from __future__ import annotations

from concurrent.futures import as_completed
from functools import partial
from typing import TYPE_CHECKING

from ...interrupts import interrupts_later
from ...readers.base.processes import reading_processes
from ..kept.encoding import decoded, encoded
from .gathered import Gathered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..kept.partial import Partial
    from .sources import RankFiles

_READS = "gpu_trace_analyzers.job.reading.from_files"


def on_processes(
    files: Sequence[RankFiles],
    read: Callable[[RankFiles], Partial],
    workers: int,
    done: Callable[[], None] = lambda: None,
) -> Partial:
    """The parts of all ranks as one, the same as of `in_process`; ``read`` is pickled.

    Raises `WorkerLost` if a process ends, and what ``read`` raises.
    """
    gathered = Gathered()
    with reading_processes(min(workers, len(files)) or 1, _READS) as pool:
        with interrupts_later():  # a process whose start is interrupted would outlive the pool
            futures = [pool.submit(partial(_encoded, read), each) for each in files]
        for future in as_completed(futures):
            gathered.add(decoded(future.result()))
            done()
    return gathered.whole()


def _encoded(read: Callable[[RankFiles], Partial], files: RankFiles) -> bytes:
    return encoded(read(files))
