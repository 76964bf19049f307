"""Calls a function again and again while the script runs, in a thread that faulthandler does not show, if it can."""

from __future__ import annotations

import time
from _thread import start_new_thread

from . import native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def repeat(look: Callable[[], float]) -> None:
    """Call ``look`` until it returns less than 0; else that is after how many seconds it is called again.

    Raises RuntimeError where the system allows no more threads.
    """
    library = native.library()
    if library is None:
        repeat_in_python(look, time.sleep)
        return

    def look_once() -> int:
        library.gpu_trace_entered()
        return round(1000 * look())

    if library.gpu_trace_look(native.returns_int(look_once)):
        raise RuntimeError("can't start new thread")


def repeat_in_python(look: Callable[[], float], rest: Callable[[float], object]) -> None:
    """The same in a thread of Python, which rests by calling ``rest`` with the seconds. Raises RuntimeError as well."""
    start_new_thread(_repeat, (look, rest))


def _repeat(look: Callable[[], float], rest: Callable[[float], object]) -> None:
    while (left_s := look()) >= 0:
        rest(left_s)
