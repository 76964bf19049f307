"""How many members has each group, how long are they together, and how long is the one in the middle?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ...model import Int64


@dataclass(frozen=True, slots=True, eq=False)
class Lengths:
    """A row per group that has members, in order of the groups; (groups,) int64 each."""

    group: Int64
    count: Int64
    total_ns: Int64
    median_ns: Int64
    """of an even number of members the lower of the two in the middle"""
    max_ns: Int64
    longest: Int64
    """the position of the longest member, of equal ones the last"""

    @classmethod
    def of(cls, group: Int64, ns: Int64) -> Lengths:
        """Of members with the number of their group and their length, (n,) int64 each."""
        order = np.lexsort((ns, group))
        group, ns = group[order], ns[order]
        first = np.flatnonzero(np.concatenate(([True], group[1:] != group[:-1])))[: len(group)]
        count = np.diff(np.append(first, len(group)))
        total_ns = np.add.reduceat(ns, first) if len(first) else ns
        last, middle = first + count - 1, first + (count - 1) // 2
        return cls(group[first], count, total_ns, ns[middle], ns[last], order[last])
