"""What fails for a moment is tried again, a bounded number of times, with growing rests between."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from .problems import is_passing

if TYPE_CHECKING:
    from collections.abc import Callable

_Answer = TypeVar("_Answer")

RESTS_S = (0.25, 0.5, 1.0, 2.0)
"""Between five attempts: a bucket that throttles needs a second or two; without a network, four seconds are enough."""


def patiently(ask: Callable[[], _Answer]) -> _Answer:
    """The answer. Raises what the last attempt raised, or the first that will not pass by itself."""
    for rest_s in RESTS_S:
        try:
            return ask()
        except Exception as error:  # each library has errors of its own
            if not is_passing(error):
                raise
        time.sleep(rest_s)
    return ask()
