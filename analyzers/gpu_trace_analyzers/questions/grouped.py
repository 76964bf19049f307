"""Unions of intervals, of many groups in one pass: a range has its own, and there may be a hundred thousand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..rows_of_each import rows_of_each

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..model import Int32, Int64

    Mask = NDArray[np.bool_]

_ALL_FITS = 1 << 62
"""Times and products of them below this are exact in int64."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupedIntervals:
    """Disjoint intervals ``[start_ns, end_ns)`` of groups, (n,) each, sorted by group and start."""

    group: Int32
    start_ns: Int64
    end_ns: Int64

    @classmethod
    def of(cls, group: Int32, start_ns: Int64, end_ns: Int64, among: Mask | None = None) -> GroupedIntervals:
        """The union within each group, of some intervals (default: all) in any order; empty ones vanish."""
        some = end_ns > start_ns
        rows = np.flatnonzero(some if among is None else some & among)
        if not len(rows):
            return cls(group[rows], start_ns[rows], end_ns[rows])
        # As `Intervals.of`, for all groups at once: one opens where it begins after all before it in its group end.
        rows = rows[_by_group_and_start(group[rows], start_ns[rows])]
        group, start_ns, end_ns = group[rows], start_ns[rows], end_ns[rows]
        other = group[1:] != group[:-1]
        one_by_one = (other | (start_ns[1:] >= end_ns[:-1])).all()  # as on most devices
        reach = end_ns if one_by_one else _furthest(group, end_ns)
        first = np.append(0, np.flatnonzero(other | (start_ns[1:] > reach[:-1])) + 1)
        last = np.append(first[1:], len(group)) - 1
        return cls(group[first], start_ns[first], reach[last])

    def total_ns(self, groups: int) -> Int64:
        """Length of each of the groups 0 ... ``groups`` - 1."""
        return summed(self.group, self.end_ns - self.start_ns, groups)


def _by_group_and_start(group: Int32, start_ns: Int64) -> Int64:
    """The rows in that order; those of a group are mostly in the order of their starts already."""
    order = np.concatenate(list(rows_of_each(group).values()))
    in_order = (group[order[1:]] != group[order[:-1]]) | (start_ns[order[1:]] >= start_ns[order[:-1]])
    return order if in_order.all() else np.lexsort((start_ns, group))


def _furthest(group: Int32, end_ns: Int64) -> Int64:
    """The running maximum of ends, in order of groups, which starts anew with each group."""
    first = int(end_ns.min())
    span = int(end_ns.max()) - first + 1
    if span * (int(group[-1]) + 1) < _ALL_FITS:
        anew = np.multiply(group, span, dtype=np.int64) - first  # the groups one behind the other
        return np.asarray(np.maximum.accumulate(end_ns + anew) - anew)
    # Too long a span for that many groups: the same with the ranks of the ends, which are small.
    ends, rank = np.unique(end_ns, return_inverse=True)
    return np.asarray(ends[_furthest(group, rank.reshape(-1))])


def summed(group: Int32 | Int64, value: Int64, groups: int) -> Int64:
    """(groups,) int64 sums of ``value`` by group, exact."""
    total = np.zeros(groups, dtype=np.int64)
    np.add.at(total, group, value)
    return total
