"""Something that a second thread does while a block runs."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def in_thread(work: Callable[[threading.Event], object], name: str, patience_s: float | None = None) -> Iterator[None]:
    """Have a thread of that name do it; the event that it is given is set as the block ends.

    The block waits for its end, at most for so many seconds if they are said. Where the system allows no more threads,
    it is not done. Signals are for the main thread.
    """
    ended = threading.Event()
    thread = threading.Thread(target=work, args=(ended,), name=name, daemon=True)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # a thread has the mask of its starter
    try:
        with suppress(RuntimeError):
            thread.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    try:
        yield
    finally:
        ended.set()
        if thread.is_alive():
            thread.join(patience_s)
