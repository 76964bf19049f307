"""A whole job, read by several processes of this machine, a rank at a time in each."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from ..errors import WorkerLost
from .encoding import decoded, encoded
from .gathered import Gathered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .partial import Partial
    from .sources import RankFiles

_IMPORTED_ONCE = ["gpu_trace_analyzers.job.part_of", "gpu_trace_analyzers.readers.kineto"]
"""for all workers together: each begins as a fork of a process that has nothing but these"""


def on_processes(
    files: Sequence[RankFiles],
    read: Callable[[RankFiles], Partial],
    workers: int,
    done: Callable[[], None] = lambda: None,
) -> Partial:
    """The parts of all ranks as one, the same as of `in_process`; ``read`` is pickled.

    Raises `WorkerLost` if a process ends, and what ``read`` raises.
    """
    context = multiprocessing.get_context("forkserver")  # a fork of this process would have locks of other threads
    context.set_forkserver_preload(_IMPORTED_ONCE)
    gathered = Gathered()
    pool = ProcessPoolExecutor(min(workers, len(files)) or 1, context, _end_with_parent)
    try:
        for future in as_completed([pool.submit(partial(_encoded, read), each) for each in files]):
            gathered.add(decoded(future.result()))
            done()
    except BrokenProcessPool as error:
        raise WorkerLost("a process that reads ranks was killed; if memory was short, use fewer --workers") from error
    finally:
        pool.shutdown(cancel_futures=True)
    return gathered.whole()


def _encoded(read: Callable[[RankFiles], Partial], files: RankFiles) -> bytes:
    return encoded(read(files))


def _end_with_parent() -> None:
    """End at once, and without a word, with Ctrl-C, which all processes get; and do not outlive the parent."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()


def _follow(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
