"""Has CUPTI report CUDA events, so that a stream's wait says which stream it waits for.

Kineto enables CUPTI's synchronization records but not, on CUDA 13, those of events, without which every
``Stream Wait Event`` row has ``wait_on_stream: -1``.
"""

from __future__ import annotations

import sys

from . import safepoint
from .activities import loaded_cupti

_CUDA_EVENT = 36
"""CUPTI_ACTIVITY_KIND_CUDA_EVENT in cupti_activity.h"""


def enable() -> bool:
    """Ask for the records in the running session; whether CUPTI is there and agrees."""
    path = loaded_cupti()
    if path is None:
        return False
    cupti = sys.modules["ctypes"].PyDLL(path)  # torch has loaded it: this is the same library once more
    enable_kind = sys.modules["functools"].partial(cupti.cuptiActivityEnable, _CUDA_EVENT)
    return bool(safepoint.reached(enable_kind)[0] == 0)
