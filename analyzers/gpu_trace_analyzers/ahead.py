"""Questions that a second thread asks ahead: NumPy, which most of their time goes to, computes in several at once."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from .in_thread import in_thread

if TYPE_CHECKING:
    import threading
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
    with in_thread(partial(_ask, questions), "gpu-trace ahead"):
        yield


def _ask(questions: Sequence[Question], ended: threading.Event) -> None:
    for question in questions:
        if ended.is_set():
            return
        with suppress(Exception):
            question()
