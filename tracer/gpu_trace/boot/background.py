"""Calls a function again and again while the script runs, in a thread that faulthandler does not show, if it can.

While the function is called, and waits for Python's lock before that, the thread is one of Python's. So the first call
does not come at once: a script that looks at its threads as it begins finds its own.
"""

from __future__ import annotations

import time
from _thread import start_new_thread

from . import native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def repeat(look: Callable[[], float], after_s: float) -> None:
    """Call ``look`` after so many seconds, until it returns less than 0; else that is after how many again.

    Raises RuntimeError where the system allows no more threads.
    """
    library = native.library()
    if library is None:
        repeat_in_python(look, after_s, time.sleep)
        return

    def look_once() -> int:
        library.gpu_trace_entered()
        return round(1000 * look())

    if library.gpu_trace_look(native.returns_int(look_once), round(1000 * after_s)):
        raise RuntimeError("can't start new thread")


def repeat_in_python(look: Callable[[], float], after_s: float, rest: Callable[[float], object]) -> None:
    """The same in a thread of Python, which rests by calling ``rest`` with the seconds. Raises RuntimeError as well."""
    start_new_thread(_repeat, (look, after_s, rest))


def _repeat(look: Callable[[], float], after_s: float, rest: Callable[[float], object]) -> None:
    while after_s >= 0:
        rest(after_s)
        after_s = look()
