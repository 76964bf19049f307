"""Which ranks call collectives of a process group that they do not belong to?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING
from ...units import count
from ..answer import Finding
from ..rank_ranges import ranges_of, ranks_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .compared import Compared


def wrong_group(of: Compared) -> Iterator[Finding]:
    """A finding for each such rank and group."""
    groups, members = of.job.kept.groups, of.alike.groups.members
    outside = [
        code != MISSING and bool(members[code]) and rank not in members[code] and rank != MISSING
        for code, rank in zip(groups.group.tolist(), groups.rank.tolist(), strict=True)
    ]
    for row in np.flatnonzero(outside).tolist():
        rank, code = int(groups.rank[row]), int(groups.group[row])
        ranges = ranges_of([rank])
        yield Finding(
            kind="wrong_group",
            ranks=ranges,
            host=of.host_name(of.job.ranks == rank),
            cost_ns=0,
            error_ns=0,
            sentence=f"{ranks_text(ranges)} calls {count(int(groups.calls[row]), 'collective')} of the group of "
            f"{ranks_text(ranges_of(members[code]))}, to which it does not belong{_instead_of(of, rank)}",
            remedy="check how the script makes its process groups (new_group, the device mesh) on that rank",
        )


def _instead_of(of: Compared, rank: int) -> str:
    """The group that it belongs to and never calls."""
    groups = of.job.kept.groups
    called = set(groups.group[groups.rank == rank].tolist())
    own = [ranks for code, ranks in of.alike.groups.members.items() if rank in ranks and code not in called]
    return f", and none of that of {ranks_text(ranges_of(own[0]))}" if own else ""
