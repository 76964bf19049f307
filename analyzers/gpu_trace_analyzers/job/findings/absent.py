"""Which ranks have no trace, and which a damaged one?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING
from ...units import count
from ..answer import Finding
from ..rank_ranges import ranges_of, ranks_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..partial import Partial
    from ..rank_ranges import Ranges

_FEW = 3
"""damaged files whose sentences a finding has"""


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


def missing(kept: Partial) -> Iterator[Finding]:
    """One finding for all of them."""
    if ranges := missing_ranks(kept):
        several = sum(last - first + 1 for first, last in ranges) > 1
        yield Finding(
            kind="missing",
            ranks=ranges,
            host="",
            cost_ns=0,
            error_ns=0,
            sentence=f"{ranks_text(ranges)} of {world_size(kept):,} {'have' if several else 'has'} no trace, so what "
            "others waited for may be there",
            remedy="copy their traces into the folder, or see whether these ranks were killed",
        )


def damaged(kept: Partial) -> Iterator[Finding]:
    """One finding for all of them."""
    found = damaged_ranks(kept)
    if not found:
        return
    ranges = ranges_of(rank for rank, _ in found if rank != MISSING)
    who = ranks_text(ranges) if ranges else count(len(found), "file")
    what = "has a file that is" if len(found) == 1 else "have files that are"
    which = "" if len(found) == 1 else "the first: "
    yield Finding(
        kind="damaged",
        ranks=ranges,
        host="",
        cost_ns=0,
        error_ns=0,
        sentence=f"{who} {what} damaged or left out: {which}{found[0][1]}",
        remedy="copy a damaged file again (a rank that was killed while it wrote leaves one), and keep each job in a "
        "folder of its own",
    )
