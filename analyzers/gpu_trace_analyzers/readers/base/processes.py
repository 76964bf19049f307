"""Processes of this machine that read files for this one."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.forkserver import ensure_running
from typing import TYPE_CHECKING

from ...errors import WorkerLost
from ...interrupts import interrupts_later

if TYPE_CHECKING:
    from collections.abc import Iterator

_IMPORTED_ONCE = ["gpu_trace_analyzers.readers.kineto"]
"""for all of them together: each begins as a fork of a process that has nothing but what is imported here"""


@contextmanager
def reading_processes(workers: int, *imported: str) -> Iterator[ProcessPoolExecutor]:
    """So many processes, which end with the block, with this process, or with Ctrl-C, without a word.

    ``imported``: modules that all of them need. Raises `WorkerLost` if one of them ends before.
    """
    context = multiprocessing.get_context("forkserver")  # a fork of this process would have locks of other threads
    context.set_forkserver_preload([*_IMPORTED_ONCE, *imported])
    with interrupts_later():
        ensure_running()
    pool = ProcessPoolExecutor(workers, context, _end_with_parent)
    try:
        yield pool
    except BrokenProcessPool as error:
        raise WorkerLost("a process that reads ranks was killed; if memory was short, use fewer --workers") from error
    finally:
        pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """End at once with Ctrl-C, which all processes get, and do not outlive the parent."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()


def _follow(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
