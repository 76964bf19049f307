"""The distinct values of a column that has few of them, or whose values are not far apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .model import Int64

_SLOTS_BITS = 20
_ODD = np.uint64(0x9E3779B97F4A7C15)
_MANY = 1 << 15
"""Fewer are sorted sooner than there is a table."""
_NEAR = 1 << 22
"""From the least to the greatest value: ids of threads, and codes of texts, are below it."""
_SLOTS_EACH = 32
"""that a table of fewer values may have for each of them"""
_SAFE = 1 << 62
"""Differences of values that are nearer to zero are exact in int64."""


def few_distinct(values: NDArray[Any]) -> tuple[NDArray[Any], Int64]:
    """The values in order, and of each row the place of its value among them, as of `np.unique` with its inverse.

    ``values`` are (n,) integers. Tables find them, in a fifth of the time of sorting or less.
    """
    low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    if low == high:
        return values[:1].copy(), np.zeros(len(values), np.int64)
    near = _NEAR if len(values) >= _MANY else _SLOTS_EACH * len(values)
    if high - low < near and low > -_SAFE and high < _SAFE:
        return _by_value(values, low, high)
    return _by_slot(values) if len(values) >= _MANY else _by_order(values)


def _by_value(values: NDArray[Any], low: int, high: int) -> tuple[NDArray[Any], Int64]:
    """A table has an entry for each value from ``low`` to ``high``."""
    entry = values.astype(np.int64)
    entry -= low
    is_there = np.zeros(high - low + 1, np.bool_)
    is_there[entry] = True
    found = np.flatnonzero(is_there)
    place = np.empty(len(is_there), np.int64)
    place[found] = np.arange(len(found))
    return (found + low).astype(values.dtype), place[entry]


def _by_slot(values: NDArray[Any]) -> tuple[NDArray[Any], Int64]:
    """A table has a slot for many values, of which one at most may be there."""
    slot = ((values.astype(np.uint64) * _ODD) >> np.uint64(64 - _SLOTS_BITS)).view(np.int64)
    row_of_slot = np.zeros(1 << _SLOTS_BITS, np.int64)
    row_of_slot[slot] = np.arange(len(values))
    one_like_it = row_of_slot[slot]
    if (values[one_like_it] != values).any():  # two values have one slot
        return _by_order(values)
    rows = np.flatnonzero(one_like_it == np.arange(len(values)))
    found, order = np.unique(values[rows], return_inverse=True)
    place_of_row = np.empty(len(values), np.int64)
    place_of_row[rows] = order
    return found, place_of_row[one_like_it]


def _by_order(values: NDArray[Any]) -> tuple[NDArray[Any], Int64]:
    found, place = np.unique(values, return_inverse=True)
    return found, place.reshape(-1)
