"""Which process groups are of one kind? Those of equal size whose ranks are equally far apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING
from ..kept.listed_ranks import listed_ranks, ranks_listed, spacing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...model import Int64, Text
    from ..kept.partial import Partial


@dataclass(frozen=True, slots=True)
class Kind:
    """Groups of one kind: all tensor-parallel groups, all data-parallel groups, ..."""

    size: int
    apart: int
    """from each rank to the next; 0 where that differs"""

    def title(self, groups: int, world_size: int) -> str:
        """``all 64 ranks``, ``8 groups of 8 neighboring ranks``, ``8 groups of 8 ranks, 8 apart``."""
        if self.size == world_size:
            return f"all {self.size} ranks"
        which = {0: "ranks", 1: "neighboring ranks"}.get(self.apart, f"ranks, {self.apart} apart")
        return f"{groups} group{'s' if groups > 1 else ''} of {self.size} {which}"


@dataclass(frozen=True, slots=True, eq=False)
class GroupKinds:
    """The kinds of a job's groups, in order of size and spacing."""

    kinds: Sequence[Kind]
    of_group: Mapping[int, int]
    """by the code of a group's name: the position of its kind"""
    members: Mapping[int, tuple[int, ...]]
    """by the code: its ranks; of those that no trace lists in full, the ranks that call it and belong to it"""

    def of(self, codes: Text) -> Int64:
        """(n,) int64: the position of the kind of each group; `MISSING` for what has no group."""
        found, place = np.unique(codes, return_inverse=True)
        return np.array([self.of_group.get(code, MISSING) for code in found.tolist()], np.int64)[place.reshape(-1)]


def group_kinds(kept: Partial) -> GroupKinds:
    """Those of a job."""
    rows = kept.groups
    codes = [code for code in np.unique(rows.group).tolist() if code != MISSING]
    members = {code: _members(kept, np.flatnonzero(rows.group == code)) for code in codes}
    kind = {code: Kind(len(ranks), spacing(ranks)) for code, ranks in members.items()}
    kinds = sorted(set(kind.values()), key=lambda each: (each.size, each.apart))
    return GroupKinds(kinds, {code: kinds.index(each) for code, each in kind.items()}, members)


def _members(kept: Partial, rows: Int64) -> tuple[int, ...]:
    of = kept.groups
    listed = ranks_listed(kept.text(int(of.group[rows[0]])))
    if every := listed_ranks(listed).all_of_them:
        return every
    return tuple(sorted(of.rank[rows[of.belongs[rows] != 0]].tolist()))
