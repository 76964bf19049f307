"""Ctrl-C comes later: after what must not be interrupted halfway, or must not start processes that are interrupted."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def interrupts_later() -> Iterator[None]:
    """Raise ``KeyboardInterrupt`` at the end of the block, if it came in it.

    Threads and processes that are started meanwhile block it for good, so that they end without a traceback.
    """
    resource_tracker.ensure_running()  # multiprocessing starts it before other processes, and unblocks Ctrl-C for that
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
