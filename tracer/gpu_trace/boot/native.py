"""The C libraries of this folder: signals, with threads that Python does not list among its own, garbage, safepoint."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

SIGNALS, GARBAGE, SAFEPOINT = "_signals", "_garbage", "_safepoint"
_loaded: dict[str, Any] = {}
_kept: list[object] = []
"""kept referenced: ctypes frees a callback without references, and the library would still call it"""


def library(name: str = SIGNALS) -> Any:
    """A library, once torch has imported ctypes; None where it was not built, or cannot be loaded."""
    if name not in _loaded:
        _loaded[name] = _load(name)
    return _loaded[name]


def loaded() -> Any:
    """That of signals, where something has used it; else None."""
    return _loaded.get(SIGNALS)


def _load(name: str) -> Any:
    path = f"{os.path.dirname(__file__)}/{name}.so"
    ctypes = sys.modules["ctypes"]
    kind = ctypes.CDLL if name == SIGNALS else ctypes.PyDLL  # whose functions are called with the interpreter's lock
    try:
        return kind(path) if os.path.exists(path) else None
    except OSError:  # built for another machine
        return None


def returns_nothing(call: Callable[[], None]) -> object:
    """A function for the library to call."""
    return _c_function(None, call)


def returns_int(call: Callable[[], int]) -> object:
    """The same, of one that returns a number."""
    return _c_function(sys.modules["ctypes"].c_int, call)


def _c_function(result: Any, call: Callable[[], Any]) -> object:
    function = sys.modules["ctypes"].CFUNCTYPE(result)(call)
    _kept.append(function)
    return function
