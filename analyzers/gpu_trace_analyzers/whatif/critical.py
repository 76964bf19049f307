"""Which operations made a schedule as long as it is? From its last one back to what let each start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING

if TYPE_CHECKING:
    from ..model import Int64
    from .schedule import Times


def critical_path(times: Times) -> Int64:
    """Positions of the operations on it, in order: a shorter one of these alone would have made the schedule shorter.

    Time between them is the host's own, or that from one operation to the next.
    """
    path, k = [], times.last
    while k != MISSING:
        path.append(k)
        k = int(times.held_by[k])
    return np.array(path[::-1], np.int64)
