"""Has CUPTI report CUDA events, so that a stream's wait says which stream it waits for.

Kineto enables CUPTI's synchronisation records but not, on CUDA 13, those of events, without which every
``Stream Wait Event`` row has ``wait_on_stream: -1``.
"""

from __future__ import annotations

import sys

_CUDA_EVENT = 36
"""CUPTI_ACTIVITY_KIND_CUDA_EVENT in cupti_activity.h"""


def enable() -> bool:
    """Ask for the records in the running session; whether CUPTI is there and agrees."""
    path = _loaded_cupti()
    if path is None:
        return False
    cupti = sys.modules["ctypes"].CDLL(path)  # torch has loaded it: this is the same library once more
    return bool(cupti.cuptiActivityEnable(_CUDA_EVENT) == 0)


def _loaded_cupti() -> str | None:
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
        paths = (line.split(maxsplit=5)[-1].strip() for line in maps if "libcupti" in line)
        return next(paths, None)
