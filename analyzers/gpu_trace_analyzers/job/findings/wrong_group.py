"""Which ranks call collectives of a process group that they do not belong to?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING
from ...units import count
from ..answer import Finding
from ..compared.rank_ranges import ranges_of, ranks_text
from .whose import MOST_ALONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...model import Int64
    from ..compared.compared_job import ComparedJob


def wrong_group(of: ComparedJob) -> Iterator[Finding]:
    """A finding for each such rank and group."""
    groups, members = of.job.kept.groups, of.alike.groups.members
    outside = [
        code != MISSING and bool(members[code]) and rank not in members[code] and rank != MISSING
        for code, rank in zip(groups.group.tolist(), groups.rank.tolist(), strict=True)
    ]
    rows = np.flatnonzero(outside)
    if len(np.unique(groups.rank[rows])) > MOST_ALONE:
        yield _of_many(of, groups.rank[rows], int(groups.calls[rows].sum()))
        return
    for row in rows.tolist():
        yield _of_one(of, int(groups.rank[row]), int(groups.group[row]), int(groups.calls[row]))


def _of_one(of: ComparedJob, rank: int, code: int, calls: int) -> Finding:
    whose = ranks_text(ranges_of(of.alike.groups.members[code]))
    sentence = f"calls {count(calls, 'collective')} of the group of {whose}, to which it does not belong"
    return _finding(of, [rank], f"{sentence}{_instead_of(of, rank)}")


def _of_many(of: ComparedJob, ranks: Int64, calls: int) -> Finding:
    return _finding(of, ranks.tolist(), f"call {count(calls, 'collective')} of groups to which they do not belong")


def _finding(of: ComparedJob, ranks: Sequence[int], sentence: str) -> Finding:
    ranges = ranges_of(ranks)
    return Finding(
        kind="wrong_group",
        ranks=ranges,
        host=of.job.host_name(np.isin(of.job.ranks, ranks)),
        cost_ns=0,
        error_ns=0,
        sentence=f"{ranks_text(ranges)} {sentence}",
        remedy="check how the script makes its process groups (new_group, the device mesh) on these ranks",
    )


def _instead_of(of: ComparedJob, rank: int) -> str:
    """The group that it belongs to and never calls."""
    groups = of.job.kept.groups
    called = set(groups.group[groups.rank == rank].tolist())
    own = [ranks for code, ranks in of.alike.groups.members.items() if rank in ranks and code not in called]
    return f", and none of that of {ranks_text(ranges_of(own[0]))}" if own else ""
