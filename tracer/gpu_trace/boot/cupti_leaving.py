"""After the last session: CUPTI leaves the process, for those who ask for it.

As long as it is there, launches take longer (1.2 to 1.3 times on an H200) although it records nothing, and PyTorch
leaves it there. The script's own profiler has it come back. While other threads launched, and nothing had been waited
for, one of two trials on an H200 ended with SIGSEGV: so CUPTI leaves no script unasked.
"""

from __future__ import annotations

import os
import sys

from .activities import loaded_cupti

_FLUSH_FORCED = 1
_ASKED = "LEAVE_CUPTI"
"""the variable that asks for it, in the environment of the script: 1"""
_OLDEST_CUDA = (12, 6)
"""before it, CUPTI that came back could end a process with CUDA graphs (pytorch #144455)"""


def is_asked() -> bool:
    """Whether CUPTI shall leave: asked for, with this version of CUDA, of a process that waits for no other rank.

    It stays too where Kineto was told to see to it.
    """
    if os.environ.get(_ASKED) != "1" or _has_ranks():
        return False
    version = (sys.modules["torch"].version.cuda or "").split(".")[:2]
    is_new = all(map(str.isdecimal, version)) and tuple(map(int, version)) >= _OLDEST_CUDA
    return is_new and os.environ.get("TEARDOWN_CUPTI") != "1"


def _has_ranks() -> bool:
    """Whether the process is one of several that torch.distributed joins."""
    distributed = sys.modules.get("torch.distributed")
    return bool(distributed and distributed.is_available() and distributed.is_initialized())


def leave() -> None:
    """Have CUPTI leave; the devices were synchronized, and it records nothing. Raises OSError where it refuses."""
    path = loaded_cupti()
    if path is None:
        return
    cupti = sys.modules["ctypes"].CDLL(path)  # torch has loaded it: this is the same library once more
    cupti.cuptiActivityFlushAll(_FLUSH_FORCED)
    if result := cupti.cuptiFinalize():
        raise OSError(f"CUPTI returned error {result}")
