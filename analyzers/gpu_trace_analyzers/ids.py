"""Which row has an id? Ids that join tables, such as a call and its work, mean something only inside a process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .columns import MISSING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .columns import Int64

_SLOTS_EACH = 8
"""that a table of ids may have for each of them: those that count from the start of a process need fewer"""
_SAFE = 1 << 62
"""Numbers nearer to zero are exact in int64, and so are their differences."""


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
    if high - low < _SLOTS_EACH * len(numbers) and low > -_SAFE:
        return _in_table(numbers, wanted, low, high)
    order = np.argsort(numbers, kind="stable")
    place = order[np.minimum(np.searchsorted(numbers[order], wanted), len(numbers) - 1)]
    return np.where(numbers[place] == wanted, place, MISSING)


def _in_table(numbers: Int64, wanted: Int64, low: int, high: int) -> Int64:
    """A table has a slot for each number from ``low`` to ``high``, and one at each end for all others."""
    places = np.full(high - low + 3, MISSING, np.int32)
    places[numbers[::-1] - (low - 1)] = np.arange(len(numbers), dtype=np.int32)[::-1]  # the last to be written remains
    return places[np.clip(wanted, low - 1, high + 1) - (low - 1)].astype(np.int64)


def _joint_keys(having: Ids, wanted: Ids) -> tuple[Int64, Int64]:
    """One number for each (process, id) of both; ids may be any int64."""
    if _of_one_process(having, wanted):
        return having.number, wanted.number
    numbers = np.concatenate((having.number, wanted.number))
    processes = np.concatenate((having.process, wanted.process)).astype(np.int64)
    low, span = int(numbers.min()), int(numbers.max()) - int(numbers.min()) + 1
    if span * (int(processes.max()) + 1) < _SAFE:
        keys = processes * span + (numbers - low)
    else:
        distinct, rank = np.unique(numbers, return_inverse=True)
        keys = processes * len(distinct) + rank
    return keys[: len(having.number)], keys[len(having.number) :]


def _of_one_process(*both: Ids) -> bool:
    processes = {int(edge) for ids in both if len(ids.process) for edge in (ids.process.min(), ids.process.max())}
    return len(processes) < 2
