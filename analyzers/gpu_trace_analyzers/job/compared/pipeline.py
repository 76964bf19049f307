"""Which stage of a pipeline is each rank?

Ranks of a pipeline send to each other what the next stage goes on with. NCCL has one kernel for that, and also for
all-to-all, which is numbered in its group; sending to one rank is not. In traces without any numbers it may be either.
There more than two ranks are taken for a pipeline if they call it unequally often, since the first and the last have
one neighbor to send to, and two ranks always are: each has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING
from .numbers import SENDS

if TYPE_CHECKING:
    from ...model import Int64
    from ..kept.partial import Partial
    from .group_kinds import GroupKinds


def stage_of_ranks(kept: Partial, groups: GroupKinds) -> Int64:
    """(ranks,) int64: the place of each rank in the group whose ranks it sends to; `MISSING` if it sends to none."""
    of = kept.collectives
    sends = np.array([SENDS in text for text in kept.strings], np.bool_)
    found = np.full(len(kept.ranks), MISSING)
    if not sends.any():
        return found
    has_numbers = (of.sequence != MISSING).any()
    rows = np.flatnonzero(sends[of.name] & (of.sequence == MISSING) & (of.group != MISSING))
    for code in np.unique(of.group[rows]).tolist():
        ranks = groups.members[code]
        if not has_numbers and len(ranks) > 2 and len(np.unique(kept.groups.calls[kept.groups.group == code])) == 1:
            continue
        for stage, rank in enumerate(ranks):
            found[kept.ranks.rank == rank] = stage
    return found
