"""The C library of this folder: signals, and threads that Python does not list among its own."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_loaded: list[Any] = []
_kept: list[object] = []
"""kept referenced: ctypes frees a callback without references, and the library would still call it"""


def library() -> Any:
    """The library, once torch has imported ctypes; None where it was not built, or cannot be loaded."""
    if not _loaded:
        _loaded.append(_load())
    return _loaded[0]


def loaded() -> Any:
    """The same, where something has used it; else None."""
    return _loaded[0] if _loaded else None


def _load() -> Any:
    folder = os.path.dirname(__file__)
    names = sorted(name for name in os.listdir(folder) if name.startswith("_signals") and name.endswith(".so"))
    try:
        return sys.modules["ctypes"].CDLL(f"{folder}/{names[0]}") if names else None
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
