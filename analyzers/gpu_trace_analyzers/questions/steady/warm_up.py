"""How many of its first steps does a process need to warm up?

Of each kind the leading steps that are longer than 1.5 times the median of that kind, or shorter than 1/1.5 of it: at
most half of them, and none of a kind with under `LEAST_OF_KIND` steps. Warm-up ends with the first step that is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .kinds import LEAST_OF_KIND

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...model import Int64


def warm_up_steps(ns: Int64, kind: Int64) -> int:
    """How many of the steps of one process are warm-up, by their lengths in ns and kinds, both (steps,) int64."""
    warming = np.zeros(len(ns), dtype=np.bool_)
    for each in np.unique(kind).tolist():
        members = np.flatnonzero(kind == each)
        if len(members) >= LEAST_OF_KIND:
            warming[members[: min(_leading(unusual(ns[members])), len(members) // 2)]] = True
    return _leading(warming)


def unusual(ns: Int64) -> NDArray[np.bool_]:
    """Which of the lengths are more than 1.5 times their median (of an even number: the lower), or under 1/1.5."""
    median = np.sort(ns)[(len(ns) - 1) // 2]
    return np.asarray((2 * ns > 3 * median) | (3 * ns < 2 * median))


def _leading(mask: NDArray[np.bool_]) -> int:
    """How many are true before the first that is not."""
    return len(mask) if mask.all() else int(np.argmin(mask))
