"""Protobuf records by the ten thousand: one NumPy byte matrix instead of one Python object for each packet.

A record is a row of parts side by side. A part is so many bytes wide in all rows: what they have alike, columns of
bytes in which they differ, and gaps, which some rows leave out. Numbers take the width of the largest of the rows:
varints may be longer than they need to be (https://protobuf.dev/programming-guides/encoding/#varints; Perfetto's
readers take up to ten bytes), so all rows have one layout.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .wire import BYTES, FIXED64, VARINT, key, varint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_POWERS = 10 ** np.arange(20, dtype=np.uint64)
_DIGITS = np.frombuffer("".join(f"{number:04}" for number in range(10_000)).encode(), "<u4")

_BYTE = 8
"""bits"""
_MORE = 0x80808080
"""of each byte of a varint but its last"""

Sizes = int | NDArray[np.int64]
Column = tuple[int, NDArray[Any]]
Gap = tuple[NDArray[np.int64], int]


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of each row.

    ``alike`` is a row of them; ``columns`` are written over it, each (rows,) of 1, 2, 4 or 8 bytes from a place on.
    ``gaps`` are left out: from (rows,) places on, up to one place.
    """

    alike: bytes
    columns: tuple[Column, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def size(self) -> Sizes:
        """How many bytes each row uses."""
        width = len(self.alike)
        return width - sum(stop - first for first, stop in self.gaps) if self.gaps else width


Parts = list[Part]


def constant(data: bytes) -> Part:
    """The same bytes in every row."""
    return Part(data)


def number(field: int, values: NDArray[np.integer]) -> Parts:
    """A varint field; (rows,) integers that are not negative."""
    return [constant(key(field, VARINT)), _varints(values)]


def fixed64(field: int, values: NDArray[np.int64] | NDArray[np.float64]) -> Parts:
    """A fixed64 (or double) field; (rows,) of an 8-byte dtype."""
    return [constant(key(field, FIXED64)), Part(bytes(8), ((0, values),))]


def decimal(field: int, values: NDArray[np.integer]) -> Parts:
    """A string field with (rows,) integers as decimal text."""
    number = values.astype(np.uint64)
    digits = np.maximum(np.searchsorted(_POWERS, number, side="right"), 1)
    width = int(digits.max(initial=1))
    number *= _POWERS[width - digits]  # zeros behind the digits, which no row uses
    columns: list[Column] = []
    for first, size in _fours(width):
        of_size = number // _POWERS[width - first - size] % _POWERS[size]
        columns += _of_words(first, _DIGITS[of_size] >> _BYTE * (4 - size), size)
    gaps = () if (digits == width).all() else ((digits, width),)
    return message(field, [Part(bytes(width), tuple(columns), gaps)])


def message(field: int, parts: Sequence[Part]) -> Parts:
    """A field that holds a message (or a string), made of parts."""
    size: Sizes = sum(part.size for part in parts)
    length = constant(varint(size)) if isinstance(size, int) else _varints(size)
    return [constant(key(field, BYTES)), length, *parts]


def where(present: NDArray[np.bool_], parts: Sequence[Part]) -> Parts:
    """The parts in those rows only."""
    if present.all():
        return [*parts]
    whole = _beside(parts)
    width = len(whole.alike)
    gaps = [(np.where(present, first, stop), stop) for first, stop in whole.gaps]  # no two gaps have a byte in common
    return [Part(whole.alike, whole.columns, (*gaps, (np.where(present, width, 0), width)))]


def join(rows: int, parts: Sequence[Part]) -> bytes:
    """The records one after another."""
    if not rows:
        return b""
    whole = _beside(parts)
    width = len(whole.alike)
    matrix = np.empty((rows, width), np.uint8)
    matrix[:] = np.frombuffer(whole.alike, np.uint8)
    for place, values in whole.columns:
        # As one integer of each row, they take a fifth of the time that they would take as its bytes.
        np.ndarray(rows, values.dtype.newbyteorder("<"), matrix.data, place, (width,))[:] = values
    return _without(matrix.tobytes(), width, whole.gaps) if whole.gaps else matrix.tobytes()


def pieces(rows: int, most: int) -> Iterable[slice]:
    """Slices of at most so many rows: what bounds the memory of a writer."""
    return (slice(first, min(first + most, rows)) for first in range(0, rows, most))


def _beside(parts: Sequence[Part]) -> Part:
    """All parts as one."""
    columns: list[Column] = []
    gaps: list[Gap] = []
    at = 0
    for part in parts:
        columns += [(at + place, values) for place, values in part.columns]
        gaps += [(at + first, at + stop) for first, stop in part.gaps]
        at += len(part.alike)
    return Part(b"".join(part.alike for part in parts), tuple(columns), tuple(gaps))


def _without(rows: bytes, width: int, gaps: Sequence[Gap]) -> bytes:
    """Rows of that width without the gaps."""
    begins = np.arange(0, len(rows), width)
    first = np.stack([begins + first for first, _ in gaps], axis=1)
    stop = np.stack([begins + stop for _, stop in gaps], axis=1)
    some = first < stop
    since, until = np.append(0, stop[some]), np.append(first[some], len(rows))
    kept = since < until
    return b"".join([rows[i:j] for i, j in zip(since[kept].tolist(), until[kept].tolist(), strict=True)])


def _varints(values: NDArray[np.integer]) -> Part:
    unsigned = values.astype(np.uint64)
    most = int(unsigned.max(initial=0))
    if most == unsigned.min(initial=most):
        return constant(varint(most))
    width = (most.bit_length() + 6) // 7
    columns: list[Column] = []
    for first, size in _fours(width):
        is_last = first + size == width
        more = _MORE >> _BYTE * (5 - size) if is_last else _MORE
        columns += _of_words(first, _sevens(unsigned >> 7 * first) | more, size)
    return Part(bytes(width), tuple(columns))


def _fours(width: int) -> Iterator[tuple[int, int]]:
    """Where each four of so many bytes begin, and how many there are of the last."""
    return ((first, min(4, width - first)) for first in range(0, width, 4))


def _sevens(numbers: NDArray[np.integer]) -> NDArray[np.integer]:
    """The lowest 28 bits, seven to each of four bytes: (rows,) uint32."""
    lowest = (numbers & 0xFFFFFFF).astype(np.uint32)
    halves = lowest & 0x3FFF | (lowest & 0xFFFC000) << 2
    return halves & 0x7F007F | (halves & 0x3F803F80) << 1


def _of_words(at: int, words: NDArray[np.integer], size: int) -> Iterator[Column]:
    """The columns of the first bytes of four-byte words."""
    for width in (4, 2, 1):
        if size & width:
            yield at, words.astype(f"u{width}")
            at, words = at + width, words >> _BYTE * width
