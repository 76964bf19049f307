"""The CUPTI recording library, beside a session of torch's profiler that has none of the GPU.

Kineto holds all records until it is stopped, and then takes 25 us each to convert and to save them. The library writes
them to a file as they come: stopping takes a hundredth of that, memory does not grow, and a killed process leaves them.
"""

from __future__ import annotations

import sys

from . import safepoint
from .contract import NAMES, RECORDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_NOT_LOADED, _TOO_OLD, _TOO_NEW = -1, -2, -3
"""What ``gpu_trace_activities_begin`` returns, by the names of ``activities.c``; above 0 that is a CUptiResult."""
_REFUSALS = {
    _NOT_LOADED: "torch has not loaded libcupti",
    _TOO_OLD: "libcupti is too old",
    _TOO_NEW: "libcupti is newer than gpu-trace supports",
}


class Activities:
    """CUPTI's activity API in this process; one recording after another."""

    def __init__(self, library: str) -> None:
        ctypes = sys.modules["ctypes"]  # torch has imported it
        self._library: Any = ctypes.CDLL(library)
        self._with_lock: Any = ctypes.PyDLL(library)
        """the same, called with the interpreter's lock"""
        self.ended_ns = 0
        """when `end` had it end"""
        self._library.gpu_trace_activities_count.restype = ctypes.c_uint64
        self._library.gpu_trace_activities_lost.restype = ctypes.c_uint64

    def begin(self, path: str) -> str:
        """Take CUPTI over and write to ``path.records`` and ``path.names``; empty, or why that is impossible here."""
        cupti = loaded_cupti()
        if cupti is None:
            return _REFUSALS[_NOT_LOADED]
        paths = (cupti, f"{path}{RECORDS}", f"{path}{NAMES}")
        begin = sys.modules["functools"].partial(self._with_lock.gpu_trace_activities_begin, *map(_c_path, paths))
        result = int(safepoint.reached(begin)[0])
        return (_REFUSALS.get(result) or f"CUPTI returned error {result}") if result else ""

    def flush(self) -> None:
        """Have CUPTI hand over what is complete; waits for no device."""
        self._library.gpu_trace_activities_flush()

    def end(self) -> int:
        """Have CUPTI hand over everything, and leave it to Kineto; how many records were lost."""
        _, self.ended_ns = safepoint.reached(self._with_lock.gpu_trace_activities_end)
        return int(self._library.gpu_trace_activities_lost())

    @property
    def count(self) -> int:
        """How many records this recording has written so far."""
        return int(self._library.gpu_trace_activities_count())


def loaded_cupti() -> str | None:
    """Where the libcupti is that torch has loaded."""
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
        paths = (line.split(maxsplit=5)[-1].strip() for line in maps if "libcupti" in line)
        return next(paths, None)


def _c_path(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")
