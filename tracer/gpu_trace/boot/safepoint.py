"""Begin and end what CUPTI records, from threads of gpu-trace, when no thread of the script is in CUDA.

Otherwise the two may wait for each other for ever (see ``safepoint.c``). The script's own threads, which start and stop
profilers as they would natively, are not held up.
"""

from __future__ import annotations

import sys
import time
from _thread import get_ident

from . import captures, native
from .native_warnings import Silenced

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    _Result = TypeVar("_Result")

_AGAIN_S, _AT_MOST_S = 0.05, 0.5
"""From try to try, and twice as long each time: a try takes the interpreter's lock for up to 30 ms."""
_SPINS_MS = 10_000
"""Threads that launch kernels rest by then; one that never does waits for something by spinning."""
_ALL_S = 30.0
"""By then it is waited for the main thread and autograd's alone: of many others one may always be at work, while the
script waits for the recording to end."""
_NOT_NOW = object()
_ours: set[int] = set()
"""threads, by their numbers in Python"""
_hurried_from = float("inf")
"""by `time.monotonic`; from then on there is no patience left"""


def ours(call: Callable[[], _Result], patience_s: float = float("inf")) -> _Result:
    """Call a function in this thread, which is one of gpu-trace's.

    With some patience the process is about to die: so long at most it waits, and so do all such threads.
    """
    global _hurried_from  # of the process, as its threads are
    _hurried_from = min(_hurried_from, time.monotonic() + patience_s)
    _ours.add(get_ident())
    try:
        return call()
    finally:
        _ours.discard(get_ident())


def reached(function: Callable[[], _Result]) -> tuple[_Result, int]:
    """What a function returns that is C and runs no Python, called when all other threads of the process sleep.

    With when it was called (`time.time_ns`). Not while a stream is captured; at once in a thread of the script's,
    without the C library or the interpreter's lock, and when no patience is left. Until it returns the main thread runs
    no Python beyond the call that it may wait to make, and C++ code prints no warnings. Raises what it raises.
    """
    library = native.library(native.SAFEPOINT) if get_ident() in _ours and _has_lock() else None
    began_s, rest_s = time.monotonic(), _AGAIN_S
    while library is not None and time.monotonic() < _hurried_from:
        if not captures.under_way():
            spins_ms = _SPINS_MS if time.monotonic() < began_s + _ALL_S else 0
            result, called_ns = _tried(library, function, spins_ms)
            if result is not _NOT_NOW:
                return result, called_ns
        time.sleep(rest_s)
        rest_s = min(2 * rest_s, _AT_MOST_S)
    return at_once(function)


def at_once(function: Callable[[], _Result]) -> tuple[_Result, int]:
    """The same, whatever the other threads do."""
    called_ns = time.time_ns()
    with Silenced():
        return function(), called_ns


def _has_lock() -> bool:
    """Whether threads wait for each other to run Python: in a free-threaded build nothing makes the script's sleep."""
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


def _tried(library: Any, function: Callable[[], Any], spins_ms: int) -> tuple[Any, int]:
    ctypes = sys.modules["ctypes"]
    call, called_ns = library.gpu_trace_safepoint_call, ctypes.c_int64()
    call.restype = ctypes.py_object
    with Silenced():
        result = call(ctypes.py_object(function), ctypes.py_object(_NOT_NOW), spins_ms, ctypes.byref(called_ns))
    return result, called_ns.value
