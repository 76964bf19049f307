"""How many ranks should a job have, which of them have no trace, and which a damaged one?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING
from .rank_ranges import ranges_of

if TYPE_CHECKING:
    from ..kept.partial import Partial
    from .rank_ranges import Ranges


def world_size(kept: Partial) -> int:
    """That which most ranks state; `MISSING` where none does."""
    stated = kept.ranks.world_size[kept.ranks.world_size != MISSING]
    sizes, times = np.unique(stated, return_counts=True)
    return int(sizes[times.argmax()]) if len(sizes) else MISSING


def missing_ranks(kept: Partial) -> Ranges:
    """Those below the world size of which there is no file."""
    there = {*kept.ranks.rank.tolist(), *kept.unreadable.rank.tolist()}
    if MISSING in there:  # a file whose rank is not known may be any of them
        return ()
    return ranges_of(rank for rank in range(max(world_size(kept), 0)) if rank not in there)


def damaged_ranks(kept: Partial) -> tuple[tuple[int, str], ...]:
    """Rank, `MISSING` if not known, and what is wrong with its file; those that could not be read behind the others."""
    read = [(rank, code) for rank, code in zip(kept.ranks.rank.tolist(), kept.ranks.damaged.tolist(), strict=True)]
    lost = zip(kept.unreadable.rank.tolist(), kept.unreadable.problem.tolist(), strict=True)
    return tuple((rank, kept.text(code)) for rank, code in (*read, *lost) if code != MISSING)
