"""CUPTI's records by our own library, beside a session of torch's profiler that has none of the GPU.

Kineto holds all records until it is stopped, and then takes 25 us each to convert and to save them. The library writes
them to a file as they come: stopping takes a hundredth of that, memory does not grow, and a killed process leaves them.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Activities:
    """CUPTI's activity API in this process; one recording after another."""

    def __init__(self, library: str) -> None:
        ctypes = sys.modules["ctypes"]  # torch has imported it
        self._library: Any = ctypes.CDLL(library)
        for name in ("count", "lost"):
            getattr(self._library, f"gpu_trace_activities_{name}").restype = ctypes.c_uint64

    def begin(self, path: str) -> int:
        """Take CUPTI over and write to ``path.records`` and ``path.names``; 0, or why that is impossible here.

        Above 0 that is a CUptiResult; -1: torch has not loaded libcupti, -2 and -3: it is too old, or too new.
        """
        cupti = loaded_cupti()
        if cupti is None:
            return -1
        return int(self._library.gpu_trace_activities_begin(*map(_c_path, (cupti, f"{path}.records", f"{path}.names"))))

    def flush(self) -> None:
        """Have CUPTI hand over what is complete; waits for no device."""
        self._library.gpu_trace_activities_flush()

    def end(self) -> int:
        """Have CUPTI hand over everything, and leave it to Kineto; how many records were lost."""
        self._library.gpu_trace_activities_end()
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
