"""Which ranks have no trace, and which a damaged one?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model import MISSING
from ...units import count
from ..answer import Finding
from ..compared.rank_ranges import ranges_of, ranks_text
from ..compared.world import damaged_ranks, missing_ranks, world_size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..kept.partial import Partial


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
    has = "has" if len(found) == 1 or (ranges and ranges[0][0] == ranges[-1][1]) else "have"
    what = f"{has} a file that is" if len(found) == 1 else f"{has} files that are"
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
