"""Which rows of several ranks are one collective? Those with one number in one process group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING

if TYPE_CHECKING:
    from ...model import Int64
    from ..kept.partial import Partial


@dataclass(frozen=True, slots=True, eq=False)
class Meetings:
    """Collectives of a job. One that no other rank is known to have is a meeting of one."""

    of_row: Int64
    """(rows,) int64: the meeting of each row of `Collectives`; meetings are numbered from 0"""
    rows: Int64
    """(rows,) int64: the rows, those of one meeting together, in order of ranks"""
    first: Int64
    """(meetings,) int64: where the rows of each begin in ``rows``"""
    size: Int64
    """(meetings,) int64: how many ranks of it are known"""

    def __len__(self) -> int:
        return len(self.first)

    def least(self, values: Int64) -> Int64:
        """(meetings,) int64: the least value, of one for each row, in each meeting."""
        return np.asarray(np.minimum.reduceat(values[self.rows], self.first)) if len(self) else values[:0]

    def most(self, values: Int64) -> Int64:
        """(meetings,) int64: the highest value, of one for each row, in each meeting."""
        return np.asarray(np.maximum.reduceat(values[self.rows], self.first)) if len(self) else values[:0]

    def total(self, values: Int64) -> Int64:
        """(meetings,) int64: the sum of values, of one for each row, in each meeting."""
        return np.asarray(np.add.reduceat(values[self.rows], self.first)) if len(self) else values[:0]


def meetings_of(kept: Partial, number: Int64) -> Meetings:
    """Those of a job; rows that have no number, or whose number their rank has twice in the group, are alone.

    ``number``: (rows,) int64, that of each in its group.
    """
    of = kept.collectives
    order = np.lexsort((of.rank, number, of.group))
    columns = [column[order].astype(np.int64) for column in (of.group, number, of.rank)]
    group, number, rank = columns
    same = (np.diff(group) == 0) & (np.diff(number) == 0) & (group[1:] != MISSING) & (number[1:] != MISSING)
    twice = same & (np.diff(rank) == 0)
    doubtful = np.append(twice, [False]) | np.insert(twice, 0, False)
    opens = np.insert(~same | doubtful[1:] | doubtful[:-1], 0, True)[: len(order)]
    first = np.flatnonzero(opens)
    of_row = np.empty(len(order), np.int64)
    of_row[order] = np.cumsum(opens) - 1
    return Meetings(of_row, order, first, np.diff(first, append=len(order)))
