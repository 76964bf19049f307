"""Ctrl-C comes later: after what must not be interrupted halfway, or must not start processes that are interrupted."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def interrupts_later() -> Iterator[None]:
    """Interrupt at the end of the block, if Ctrl-C came in it.

    Threads and processes that are started meanwhile block it for good, so that they end without a traceback.
    """
    resource_tracker.ensure_running()  # multiprocessing starts it before other processes, and unblocks Ctrl-C for that
    with _handled_later():
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _handled_later() -> Iterator[None]:
    """Another thread may take the signal, such as one of NumPy's, and the main one would handle it all the same."""
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is None:  # no handler of Python
        yield
        return
    came: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if came:
            signal.raise_signal(signal.SIGINT)
