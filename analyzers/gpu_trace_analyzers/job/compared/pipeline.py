"""Which stage of a pipeline is each rank?

Ranks of a pipeline send to each other what the next stage goes on with. NCCL has one kernel for that, and also for
all-to-all, which is numbered in its group; sending to one rank is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING

if TYPE_CHECKING:
    from ...model import Int64
    from ..kept.partial import Partial
    from .group_kinds import GroupKinds

_SENDS = "SendRecv"


def stage_of_ranks(kept: Partial, groups: GroupKinds) -> Int64:
    """(ranks,) int64: the place of each rank in the group whose ranks it sends to; `MISSING` if it sends to none."""
    of = kept.collectives
    sends = np.array([_SENDS in text for text in kept.strings], np.bool_)
    found = np.full(len(kept.ranks), MISSING)
    if not sends.any():
        return found
    rows = np.flatnonzero(sends[of.name] & (of.sequence == MISSING) & (of.group != MISSING))
    for code in np.unique(of.group[rows]).tolist():
        for stage, rank in enumerate(groups.members[code]):
            found[kept.ranks.rank == rank] = stage
    return found
