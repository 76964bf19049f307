"""Unions of intervals, of many groups in one pass: a range has its own, and there may be a hundred thousand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..model import Int64


@dataclass(frozen=True, slots=True, eq=False)
class GroupedIntervals:
    """Disjoint intervals ``[start_ns, end_ns)`` of groups, (n,) int64 each, sorted by group and start."""

    group: Int64
    start_ns: Int64
    end_ns: Int64

    @classmethod
    def of(cls, group: Int64, start_ns: Int64, end_ns: Int64) -> GroupedIntervals:
        """The union within each group, of intervals in any order; empty ones vanish."""
        some = end_ns > start_ns
        group, start_ns, end_ns = group[some], start_ns[some], end_ns[some]
        if not len(group):
            return cls(group, start_ns, end_ns)
        order = np.lexsort((start_ns, group))
        group, start_ns, end_ns = group[order], start_ns[order], end_ns[order]
        # A running maximum that starts anew with each group: on ranks, so that nothing can overflow.
        ends, rank = np.unique(end_ns, return_inverse=True)
        reach = ends[np.maximum.accumulate(group * len(ends) + rank.reshape(-1)) - group * len(ends)]
        opens = np.concatenate(([True], (group[1:] != group[:-1]) | (start_ns[1:] > reach[:-1])))
        closes = np.concatenate((opens[1:], [True]))
        return cls(group[opens], start_ns[opens], reach[closes])

    def total_ns(self, groups: int) -> Int64:
        """Length of each of the groups 0 ... ``groups`` - 1."""
        return summed(self.group, self.end_ns - self.start_ns, groups)


def summed(group: Int64, value: Int64, groups: int) -> Int64:
    """(groups,) int64 sums of ``value`` by group, exact."""
    total = np.zeros(groups, dtype=np.int64)
    np.add.at(total, group, value)
    return total
