"""Questions that a second thread asks ahead: NumPy, which most of their time goes to, computes in several at once."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .model import Trace

    Question = Callable[[], object]

LARGE = 50_000
"""operations of devices: of fewer, threads wait for Python more than they compute at once"""


@contextmanager
def asked_ahead(trace: Trace, questions: Sequence[Question]) -> Iterator[None]:
    """While the block runs, ask these of a large trace, one after the other: what asks them later finds them answered.

    An answer must be kept, as by ``once``. What a question raises, it raises again where it is asked for.
    """
    if len(trace.work) < LARGE or len(os.sched_getaffinity(0)) < 2:
        yield
        return
    ended = threading.Event()
    thread = threading.Thread(target=_ask, args=(questions, ended), name="gpu-trace ahead", daemon=True)
    # A thread has the mask of the one that starts it: signals are for the main thread.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        with suppress(RuntimeError):  # the system allows no more threads: they are asked where they are needed
            thread.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    try:
        yield
    finally:
        ended.set()
        if thread.is_alive():
            thread.join()


def _ask(questions: Sequence[Question], ended: threading.Event) -> None:
    for question in questions:
        if ended.is_set():
            return
        with suppress(Exception):
            question()
