"""Which number does each collective have in its process group? That of its trace, or else its place in order.

Ranks call the collectives of a group in one order, so the n-th of each rank is one collective, if their traces begin
with the same one and lack none. That is taken to be so only if ranks have as many, with the same names and sizes in the
same order, one after the other, and if the n-th ends on all ranks at one time: nearer to itself than to the one before
it or behind it. Otherwise they stay without a number, and no rank is compared by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING
from .group_kinds import group_kinds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...model import Int64
    from ..kept.partial import Partial
    from .group_kinds import GroupKinds

SENDS = "SendRecv"
"""NCCL's kernel of a send, a receive and an all-to-all: with numbers it is an all-to-all, without it may be any"""
_SINCE_1970_NS = 10**17
"""Times below it, in 1973, are not since 1970, and say nothing of other ranks."""
_SKEW_NS = 50_000
"""Ranks leave a collective by so much apart. Lateness that costs anything is more than that."""


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """Of the collectives of a job."""

    of_row: Int64
    """(rows,) int64: of each; `MISSING` for one that cannot be told to be one with any other"""
    by_order: int
    """how many process groups have them by their order"""
    unknown: int
    """how many groups have none"""


def numbers_of(kept: Partial) -> Numbers:
    """Those of a job: by order in all groups that have none or in no group, because costs are of all of them."""
    found = kept.collectives.sequence.astype(np.int64)
    unnumbered = list(_unnumbered(kept)) if (found == MISSING).any() else []
    told = _told_by_order(kept, unnumbered) if unnumbered else []
    if len(told) < len(unnumbered):
        return Numbers(found, 0, len(unnumbered))
    for rows in told:
        found[rows] = np.arange(rows.shape[1])
    return Numbers(found, len(told), 0)


def _unnumbered(kept: Partial) -> Iterator[Int64]:
    """The rows of each group of several ranks none of which has a number, in order of ranks and begins."""
    of, sends = kept.collectives, _sends(kept)
    order = np.lexsort((of.start_ns, of.rank, of.group))
    for rows in np.split(order, np.flatnonzero(np.diff(of.group[order])) + 1):
        several = len(rows) and of.rank[rows[0]] != of.rank[rows[-1]]
        if several and (of.sequence[rows] == MISSING).all() and not sends[of.name[rows]].all():
            yield rows


def _sends(kept: Partial) -> Int64:
    return np.array([SENDS in text for text in kept.strings], np.bool_)


def _told_by_order(kept: Partial, unnumbered: list[Int64]) -> list[Int64]:
    """(ranks, collectives) int64 each: the rows of the groups whose order tells which are one."""
    of, groups = kept.collectives, group_kinds(kept)
    if _sends(kept)[of.name].any() or (kept.ranks.began_ns < _SINCE_1970_NS).any():
        return []  # a send is not told from an all-to-all, and stages of a pipeline do not do the same
    each = [_by_rank(kept, rows, groups) for rows in unnumbered]
    told = [rows for rows in each if rows is not None and _are_one(kept, rows)]
    kinds = groups.of(of.group[np.array([rows[0, 0] for rows in told], np.int64)]).tolist()
    has_steps = bool((kept.ranks.steps > 0).all())  # else the first of one group may be another than that of another
    return [rows for rows, kind in zip(told, kinds, strict=True) if has_steps or _groups_of(groups, kind) == 1]


def _groups_of(groups: GroupKinds, kind: int) -> int:
    return sum(each == kind for each in groups.of_group.values())


def _by_rank(kept: Partial, rows: Int64, groups: GroupKinds) -> Int64 | None:
    """(ranks, collectives) int64: the rows of a group; None if others call it, or a rank calls more than another."""
    group = int(kept.collectives.group[rows[0]])
    ranks, first, count = np.unique(kept.collectives.rank[rows], return_index=True, return_counts=True)
    calls = kept.groups.calls[kept.groups.group == group]
    if not {*ranks.tolist()} <= {*groups.members.get(group, ())} or len(np.unique(calls)) != 1:
        return None
    return np.asarray(rows[first[:, None] + np.arange(int(count.min()))])  # of so many all are kept


def _are_one(kept: Partial, rows: Int64) -> bool:
    """Whether those in one column are one collective. ``rows``: (ranks, collectives) int64."""
    of = kept.collectives
    start_ns, end_ns = of.start_ns[rows], of.end_ns[rows]
    name, size = of.name[rows], of.size[rows]
    alike = (name == name[0]).all() and (size == size[0]).all()
    in_turn = (start_ns[:, 1:] >= end_ns[:, :-1]).all()
    if not (alike and in_turn and rows.shape[1] > 1):
        return False
    return _end_at_once(end_ns, _period(list(zip(name[0].tolist(), size[0].tolist(), strict=True))))


def _period(kinds: Sequence[object]) -> int:
    """Behind how many they begin to repeat to the end, after Knuth, Morris and Pratt; all of them if they do not."""
    borders = [0]
    for each in kinds[1:]:
        length = borders[-1]
        while length and kinds[length] != each:
            length = borders[length - 1]
        borders.append(length + (kinds[length] == each))
    return len(kinds) - borders[-1]


def _end_at_once(end_ns: Int64, period: int) -> bool:
    """Whether each column ends on all ranks at one time, (ranks, collectives) int64, by clocks that may be apart.

    If the first of a rank is another one, it is a ``period`` before or behind, and so is the last. That clocks are
    apart by half of the longest period is taken to be impossible.
    """
    between_ns = np.diff(end_ns[0])
    apart_ns = end_ns - end_ns[0]
    usual_ns = np.sort(apart_ns, axis=1)[:, [(apart_ns.shape[1] - 1) // 2]]
    padded_ns = np.concatenate((between_ns[:1], between_ns, between_ns[-1:]))
    near_ns = np.maximum(np.minimum(padded_ns[:-1], padded_ns[1:]) // 2, _SKEW_NS)
    step = min(period, end_ns.shape[1] - 1)
    longest_ns = int((end_ns[0, step:] - end_ns[0, :-step]).max())
    return bool((np.abs(apart_ns) < longest_ns // 2).all() and (np.abs(apart_ns - usual_ns) < near_ns).all())
