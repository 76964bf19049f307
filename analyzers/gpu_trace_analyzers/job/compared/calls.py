"""How many collectives does each rank call in a step?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING

if TYPE_CHECKING:
    from ...model import Int64
    from ..kept.partial import Partial
    from .group_kinds import GroupKinds


def calls_per_step(kept: Partial, groups: GroupKinds) -> Int64:
    """(ranks, kinds) int64: of each kind of group, rounded; 0 for a rank without steps.

    Rounded, because ranks are recorded for different steps, of which a few have more (a checkpoint, an evaluation).
    """
    of, steps = kept.groups, kept.ranks.steps[:, None]
    calls = np.zeros((len(kept.ranks), len(groups.kinds)), np.int64)
    kind = groups.of(of.group)
    known = kind != MISSING
    np.add.at(calls, (np.searchsorted(kept.ranks.rank, of.rank[known]), kind[known]), of.calls[known])
    return np.where(steps > 0, (2 * calls + steps) // np.maximum(2 * steps, 1), 0)
