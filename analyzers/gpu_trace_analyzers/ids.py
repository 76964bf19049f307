"""Which row has an id? Ids that join tables, such as a call and its work, mean something only inside a process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .columns import MISSING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .columns import Int64

_SLOTS_EACH = 32
"""that a table of ids may have for each of them: those that count from the start of a process need fewer"""
_ALL_FITS = 1 << 62
"""Keys below this are exact in int64; those of ids that count from the start of a process are."""


class Ids(NamedTuple):
    """The id of each row of a table, `MISSING` for none, and its process: (n,) integers each."""

    process: NDArray[np.signedinteger[Any]]
    number: Int64


def first_rows(having: Ids, wanted: Ids) -> Int64:
    """(m,) int64: the first row that has each id wanted; `MISSING` where none has it, or no id is wanted."""
    keys, sought = _joint_keys(having, wanted)
    return np.where(wanted.number == MISSING, MISSING, first_of_each(keys, sought))


def first_of_each(numbers: Int64, wanted: Int64) -> Int64:
    """(m,) int64: the first place among the ``numbers`` of each one wanted; `MISSING` where it is not there."""
    if not len(numbers):
        return np.full(len(wanted), MISSING)
    low, high = int(numbers.min()), int(numbers.max())
    if high - low < _SLOTS_EACH * len(numbers):
        return _in_table(numbers, wanted, low, high)
    order = np.argsort(numbers, kind="stable")
    place = order[np.minimum(np.searchsorted(numbers[order], wanted), len(numbers) - 1)]
    return np.where(numbers[place] == wanted, place, MISSING)


def _in_table(numbers: Int64, wanted: Int64, low: int, high: int) -> Int64:
    """A table has a slot for each number from ``low`` to ``high``, and one for all others."""
    places = np.full(high - low + 2, MISSING)
    places[numbers[::-1] - low] = np.arange(len(numbers))[::-1]  # the last to be written remains
    return np.asarray(places[np.where((wanted < low) | (wanted > high), high + 1, wanted) - low])


def _joint_keys(*both: Ids) -> tuple[Int64, Int64]:
    """One number for each (process, id) of both; ids may be any int64."""
    having, wanted = ((ids.process.astype(np.int64), ids.number) for ids in both)
    low = min(int(number.min(initial=0)) for _, number in (having, wanted))
    span = max(int(number.max(initial=0)) for _, number in (having, wanted)) - low + 1
    if span * (max(int(process.max(initial=0)) for process, _ in (having, wanted)) + 1) < _ALL_FITS:
        return having[0] * span + (having[1] - low), wanted[0] * span + (wanted[1] - low)
    ids, rank = np.unique(np.concatenate((having[1], wanted[1])), return_inverse=True)
    keys = np.concatenate((having[0], wanted[0])) * len(ids) + rank
    return keys[: len(having[1])], keys[len(having[1]) :]
