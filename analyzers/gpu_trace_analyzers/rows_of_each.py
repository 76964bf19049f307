"""Which rows have each number, or each combination of several? Found in one sort, however many of them there are.

A comparison of a whole column for each rank takes the square of the ranks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .few_distinct import few_distinct

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .columns import Int64

_FEW = 1 << 16


def rows_of_each(numbers: NDArray[Any]) -> dict[int, Int64]:
    """By each number that is in a column of integers, the rows that have it, in order."""
    distinct, which = few_distinct(numbers)
    return dict(zip(distinct.tolist(), _parts(which, len(distinct)), strict=True))


def rows_of_each_tuple(*columns: NDArray[Any]) -> dict[tuple[int, ...], Int64]:
    """By each combination of numbers that some columns have, in order of these, the rows that have it, in order."""
    distinct, which = few_distinct(columns[0])
    count = len(distinct)
    for column in columns[1:]:
        distinct, place = few_distinct(column)
        if count < 2:
            which, count = place, len(distinct)
        elif len(distinct) > 1:
            found, which = few_distinct(which * len(distinct) + place)
            count = len(found)
    parts = _parts(which, count)
    return {tuple(int(column[rows[0]]) for column in columns): rows for rows in parts}


def _parts(which: Int64, count: int) -> list[Int64]:
    """The rows of each of the numbers 0 ... ``count`` - 1, each of which is in the column."""
    if count < 2:
        return [np.arange(len(which))] * count
    if count <= _FEW:
        which = which.astype(np.uint16)  # which NumPy sorts by counting
    order = np.argsort(which, kind="stable")
    ends = np.cumsum(np.bincount(which))
    return np.split(order, ends[:-1])
