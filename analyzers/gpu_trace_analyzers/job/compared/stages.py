"""For how long has each stage of a pipeline nothing to compute?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING
from ..answer import Stage
from .rank_ranges import ranges_of

if TYPE_CHECKING:
    from .alike import Alike


def stages(alike: Alike) -> tuple[Stage, ...]:
    """The stages of a job, in order; none without a pipeline."""
    kept, stage = alike.job.kept, alike.stage
    own = kept.ranks
    steps = np.maximum(own.steps, 1)
    bubble_ns, window_ns = (
        (own.window_ns - own.compute_ns - own.copy_ns - own.other_ns) // steps,
        own.window_ns // steps,
    )
    found = []
    for number in np.unique(stage[stage != MISSING]).tolist():
        mine = np.flatnonzero(stage == number)
        middle = mine[np.argsort(bubble_ns[mine], kind="stable")[(len(mine) - 1) // 2]]
        found.append(Stage(number, ranges_of(own.rank[mine].tolist()), int(bubble_ns[middle]), int(window_ns[middle])))
    return tuple(found)
