"""What is wanted of a file, as the C library has it told."""

from __future__ import annotations

from ctypes import c_char_p, c_int64
from functools import cache
from itertools import accumulate
from mmap import mmap
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from ..events import Args
from ..scan import FLOW
from .library import COUNTED, FIRST_ARGUMENT, IN_COLUMNS, TALLY, Beginning, Category, Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from ctypes import Array

    from numpy.typing import NDArray

ROOM = (3 << 12) + 72
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

    use: int
    """`COUNTED`, `IN_COLUMNS` or `LEFT`, to be decoded"""
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
        counts = [FIRST_ARGUMENT + len(wish.fields) if wish.use == IN_COLUMNS else 0 for wish in wishes.values()]
        ends = list(accumulate(counts, initial=0))
        self._columns = dict(zip(wishes, map(slice, ends, ends[1:]), strict=False))
        # Of the system and not of NumPy, which would have it in pages of 2 MB: most of it is never touched.
        self._numbers = np.frombuffer(mmap(-1, ends[-1] * ROOM * 8), dtype=np.int64).reshape(-1, ROOM)
        self._kinds = np.frombuffer(mmap(-1, ends[-1] * ROOM), dtype=np.uint8).reshape(-1, ROOM)
        places = zip(wishes, wishes.values(), _rows_of(self._numbers, ends), _rows_of(self._kinds, ends), strict=False)
        told = (Category(FLOW.encode(), 0, COUNTED), *(_told(*place) for place in places))
        self._all = (Category * len(told))(*told)
        shared = self.tallies.ctypes.data, self.left.ctypes.data
        self.wanted = Wanted(_KEYS, len(_KEYS), _AS_WRITTEN, self._all, len(self._all), ROOM, *shared)

    def numbers(self, category: str) -> NDArray[np.int64]:
        """(columns, ROOM)."""
        return self._numbers[self._columns[category]]

    def kinds(self, category: str) -> NDArray[np.uint8]:
        """(columns, ROOM) of what the numbers are."""
        return self._kinds[self._columns[category]]


def _rows_of(matrix: NDArray[np.generic], ends: list[int]) -> list[int]:
    """The addresses of some of its rows."""
    first, stride = matrix.ctypes.data, matrix.strides[0]
    return [first + end * stride for end in ends]


def _told(name: str, wish: Wish, numbers: int, kinds: int) -> Category:
    names, fields = _beginnings(tuple(wish.names)), _arguments(tuple(wish.fields))
    return Category(name.encode(), ord(wish.phase), wish.use, names, len(names), fields, len(fields), numbers, kinds)


@cache
def _beginnings(names: tuple[Name, ...]) -> Array[Beginning]:
    told = [(name.text.encode(), _ARGUMENTS[name.field] if name.field else -1) for name in names]
    each = (Beginning(text, len(text), name.is_whole, field) for name, (text, field) in zip(names, told, strict=True))
    return (Beginning * len(names))(*each)


@cache
def _arguments(fields: tuple[str, ...]) -> Array[c_int64]:
    return (c_int64 * len(fields))(*(_ARGUMENTS[field] for field in fields))
