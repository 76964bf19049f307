"""After the last session: CUPTI leaves the process.

As long as it is there, launches take longer (1.2 to 1.3 times on an H200) although it records nothing, and PyTorch
leaves it there. What other threads call of CUDA meanwhile goes on, and the script's own profiler has it come back.
"""

from __future__ import annotations

import os
import sys

from .activities import loaded_cupti

_FLUSH_FORCED = 1
_OLDEST_CUDA = (12, 6)
"""before it, CUPTI that came back could end a process with CUDA graphs (pytorch #144455)"""


def is_sound() -> bool:
    """Whether CUPTI may leave: with this version of CUDA, and unless Kineto was told to see to it."""
    version = (sys.modules["torch"].version.cuda or "").split(".")[:2]
    is_new = all(map(str.isdecimal, version)) and tuple(map(int, version)) >= _OLDEST_CUDA
    return is_new and os.environ.get("TEARDOWN_CUPTI") != "1"


def leave() -> None:
    """Have CUPTI leave; the devices were synchronized, and it records nothing. Raises OSError where it refuses."""
    path = loaded_cupti()
    if path is None:
        return
    cupti = sys.modules["ctypes"].CDLL(path)  # torch has loaded it: this is the same library once more
    cupti.cuptiActivityFlushAll(_FLUSH_FORCED)
    if result := cupti.cuptiFinalize():
        raise OSError(f"CUPTI returned error {result}")
