"""What is wanted of a file, as the C library has it told."""

from __future__ import annotations

from ctypes import c_char_p, c_int64
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from ..events import Args
from ..scan import FLOW
from .library import FIRST_ARGUMENT, TALLY, Beginning, Category, Use, Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

ROOM = (1 << 14) + 72
"""Rows of a column: more than a block has events; no power of two, for then all columns would be in each other's way in
the processor's cache."""

_FIELDS = msgspec.structs.fields(Args)
_ARGUMENTS = {field.name: number for number, field in enumerate(_FIELDS)}
_KEYS = (c_char_p * len(_FIELDS))(*(field.encode_name.encode() for field in _FIELDS))
_AS_WRITTEN = sum(1 << number for number, field in enumerate(_FIELDS) if field.type is msgspec.Raw)


class Name(NamedTuple):
    """Events whose name is this, or begins so; if a field of `Args` is named, those that have it."""

    text: str
    is_whole: bool = False
    field: str = ""


class Wish(NamedTuple):
    """What is wanted of a category."""

    use: Use
    phase: str = "X"
    fields: Sequence[str] = ()
    """of `Args`, which become columns"""
    names: Sequence[Name] = ()
    """the events that are wanted, where those are not all"""


class Memory:
    """Where the library puts what it finds, and what it is told, which must both stay where they are."""

    def __init__(self, wishes: Mapping[str, Wish]) -> None:
        self.categories = (FLOW, *wishes)
        self.tallies = np.zeros(len(self.categories), dtype=TALLY)
        self.left = np.empty((ROOM, 3), dtype=np.int64)
        ends = np.cumsum([0, *(FIRST_ARGUMENT + len(wish.fields) for wish in wishes.values())])
        self._numbers = np.empty((ends[-1], ROOM), dtype=np.int64)
        self._kinds = np.empty((ends[-1], ROOM), dtype=np.uint8)
        self._columns = {name: slice(*ends[place : place + 2]) for place, name in enumerate(wishes)}
        self._told = [Category(FLOW.encode(), 0, Use.COUNTED)]
        self._told += [self._category(name, wish) for name, wish in wishes.items()]
        self._all = (Category * len(self._told))(*self._told)
        places = self.tallies.ctypes.data, self.left.ctypes.data
        self.wanted = Wanted(_KEYS, len(_KEYS), _AS_WRITTEN, self._all, len(self._all), ROOM, *places)

    def numbers(self, category: str) -> NDArray[np.int64]:
        """(columns, ROOM)."""
        return self._numbers[self._columns[category]]

    def kinds(self, category: str) -> NDArray[np.uint8]:
        """(columns, ROOM) of `Kind`."""
        return self._kinds[self._columns[category]]

    def _category(self, name: str, wish: Wish) -> Category:
        names = (Beginning * len(wish.names))(*map(_beginning, wish.names))
        fields = (c_int64 * len(wish.fields))(*(_ARGUMENTS[field] for field in wish.fields))
        columns = self.numbers(name).ctypes.data, self.kinds(name).ctypes.data
        return Category(name.encode(), ord(wish.phase), wish.use, names, len(names), fields, len(fields), *columns)


def _beginning(name: Name) -> Beginning:
    text = name.text.encode()
    return Beginning(text, len(text), name.is_whole, _ARGUMENTS[name.field] if name.field else -1)
