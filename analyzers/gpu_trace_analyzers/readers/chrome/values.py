"""Columns of what JSON leaves open: an argument may be a number, a text, or not there."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ...model import MISSING
from ..base.columns import as_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from ...model import Int64
    from .events import Id

_NOT_ASKED = np.iinfo(np.int64).min


class Distinct(dict[Any, int]):
    """Values to codes, in the order of their first use; `by_code` has them in that order."""

    def __init__(self) -> None:
        self.by_code: list[Any] = []
        self.ids = Lookup(self.by_code, as_id)

    def __missing__(self, value: object) -> int:
        code = self[value] = len(self.by_code)
        self.by_code.append(value)
        return code

    def codes(self, values: Iterable[object]) -> Int64:
        """The codes of many values: (n,) int64."""
        return np.fromiter(map(self.__getitem__, values), dtype=np.int64)


class Lookup:
    """A number for each distinct value, by its code, asked for once, when that comes first."""

    def __init__(self, by_code: Sequence[Any], ask: Callable[[Any], int]) -> None:
        self.ask = ask
        self._by_code = by_code
        self._known = np.empty(0, dtype=np.int64)

    def __getitem__(self, codes: Int64) -> Int64:
        """The numbers of codes, (n,) int64; new ones are asked for in the order in which they come."""
        if len(self._known) < len(self._by_code):
            self._have_room(2 * len(self._by_code))
        found = self._known[codes]
        new = codes[found == _NOT_ASKED]
        if not len(new):
            return found
        for code in dict.fromkeys(new.tolist()):
            self._known[code] = self.ask(self._by_code[code])
        return self._known[codes]

    def _have_room(self, room: int) -> None:
        more = np.full(room - len(self._known), _NOT_ASKED)
        self._known = np.concatenate((self._known, more))


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """What n events have under one name."""

    distinct: Distinct
    numbers: Int64
    """(n,): the integer, or the code of what else it is; `MISSING` where there is nothing"""
    present: NDArray[np.bool_]
    """(n,): whether there is anything"""
    other: NDArray[np.bool_]
    """(n,): whether it is a text, or an integer of more than 64 bits"""

    @classmethod
    def of(cls, values: Sequence[Id], distinct: Distinct) -> Values:
        """Columns of a list."""
        count = len(values)
        if not count or (values[0] is None and values.count(None) == count):
            return cls.nothing(count, distinct)
        neither = np.zeros(count, dtype=np.bool_)
        try:
            return cls(distinct, _integers(values), ~neither, neither)
        except (TypeError, OverflowError):
            present = np.array([value is not None for value in values], dtype=np.bool_)
        try:
            numbers = _integers([MISSING if value is None else value for value in values])
        except (TypeError, OverflowError):
            return cls._of_several_kinds(values, present, distinct)
        return cls(distinct, numbers, present, neither)

    @classmethod
    def nothing(cls, count: int, distinct: Distinct) -> Values:
        """Of events that do not have it."""
        neither = np.zeros(count, dtype=np.bool_)
        return cls(distinct, np.full(count, MISSING, dtype=np.int64), neither, neither)

    @classmethod
    def _of_several_kinds(cls, values: Sequence[Id], present: NDArray[np.bool_], distinct: Distinct) -> Values:
        other = np.array([value is not None and not _is_integer(value) for value in values], dtype=np.bool_)
        coded = [distinct[value] if is_other else value for value, is_other in zip(values, other.tolist(), strict=True)]
        return cls(distinct, _integers([MISSING if code is None else code for code in coded]), present, other)

    @classmethod
    def joined(cls, parts: Sequence[Values]) -> Values:
        """Several, of which there is one at least, one behind the other."""
        numbers, present, other = (
            np.concatenate([getattr(part, column) for part in parts]) for column in ("numbers", "present", "other")
        )
        return cls(parts[0].distinct, numbers, present, other)

    def __len__(self) -> int:
        return len(self.numbers)

    def ids(self) -> Int64:
        """`as_id` of each: (n,) int64, which may be `numbers` itself."""
        return self._with_others(np.array(self.numbers), self.distinct.ids) if self.other.any() else self.numbers

    def each(self, lookup: Lookup) -> Int64:
        """What is looked up of each: (n,) int64, `MISSING` where there is nothing."""
        found = np.full(len(self), MISSING, dtype=np.int64)
        numbers = np.flatnonzero(self.present & ~self.other)
        found[numbers] = [lookup.ask(number) for number in self.numbers[numbers].tolist()]
        return self._with_others(found, lookup)

    def at(self, rows: Int64) -> list[Id]:
        """The values themselves of some rows."""
        columns = zip(self.numbers[rows].tolist(), self.present[rows].tolist(), self.other[rows].tolist(), strict=True)
        values = self.distinct.by_code
        return [values[number] if other else number if present else None for number, present, other in columns]

    def _with_others(self, found: Int64, lookup: Lookup) -> Int64:
        found[self.other] = lookup[self.numbers[self.other]]
        return found


def _integers(values: Sequence[Id]) -> Int64:
    """A list as a column; unlike NumPy, this takes no text for a number. Raises ``TypeError`` or ``OverflowError``."""
    return np.array(array("q", cast("Sequence[int]", values)), dtype=np.int64)


def _is_integer(value: Id) -> bool:
    return isinstance(value, int) and -(1 << 63) <= value < 1 << 63
