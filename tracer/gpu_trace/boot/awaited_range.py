"""Tells of one NVTX range of any NVTX client: the injection library calls as a thread enters and leaves it."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_kept: list[object] = []
"""ctypes drops a callback without references, and the library still calls it"""


def tell_of(name: str, library: str, call: Callable[[bool], None]) -> None:
    """Call with True in each thread that enters a range of this name, in any domain, and with False as it leaves.

    ``library`` is the injection library's path: NVTX loads the same one. Raises OSError where it cannot be loaded.
    """
    ctypes = sys.modules["ctypes"]
    callback = ctypes.CFUNCTYPE(None, ctypes.c_int)(lambda entered: call(bool(entered)))
    _kept.append(callback)
    ctypes.CDLL(library).gpu_trace_await(name.encode("utf-8", "replace"), callback)


def tell_of_none(library: str) -> None:
    """Tell of no range any more; what is told of last may be under way in another thread."""
    sys.modules["ctypes"].CDLL(library).gpu_trace_await(None, None)
