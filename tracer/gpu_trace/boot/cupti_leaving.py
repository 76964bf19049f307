"""After the last session: CUPTI leaves the process, whose launches it slows for as long as it is there.

To disable its kinds of activity is not enough. What is in flight in other threads is CUPTI's to finish.
"""

from __future__ import annotations

import os
import sys

from .activities import loaded_cupti

_FLUSH_FORCED = 1
_SWITCH = "_GPU_TRACE_LEAVES_CUPTI"
"""private, and off until scripts/bench-after-recording has shown what leaving gains and that scripts live on"""


def is_wanted() -> bool:
    """Whether CUPTI is to leave when a recording has ended inside a run."""
    return os.environ.get(_SWITCH) == "1"


def leave() -> None:
    """Raises OSError where CUPTI refuses."""
    path = loaded_cupti()
    if path is None:
        return
    cupti = sys.modules["ctypes"].CDLL(path)  # torch has loaded it: this is the same library once more
    cupti.cuptiActivityFlushAll(_FLUSH_FORCED)
    if result := cupti.cuptiFinalize():
        raise OSError(f"CUPTI returned error {result}")
