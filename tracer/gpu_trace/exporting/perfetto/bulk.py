"""Protobuf records by the ten thousand: one NumPy byte matrix instead of one Python object for each packet.

A record is a row of parts side by side. Each part is a block of bytes, ``width`` columns wide, of which each row uses
its first ``size`` bytes. Numbers take the width of the largest of the block: varints may be longer than they need to be
(https://protobuf.dev/programming-guides/encoding/#varints; Perfetto's readers take up to ten bytes), so all rows of a
block have one layout, and rows that lack a field have size 0 there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .wire import BYTES, FIXED64, VARINT, key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NARROW = 32
"""bits"""
_POWERS = 10 ** np.arange(20, dtype=np.uint64)

Bytes = NDArray[np.uint8]
Sizes = int | NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Part:
    """``block`` is (rows, width) uint8, or (1, width) if all rows are alike; ``size`` is the bytes used of each row."""

    block: Bytes
    size: Sizes


Parts = list[Part]


def constant(data: bytes) -> Part:
    """The same bytes in every row."""
    return Part(np.frombuffer(data, dtype=np.uint8).reshape(1, -1), len(data))


def number(field: int, values: NDArray[np.integer]) -> Parts:
    """A varint field; (rows,) integers that are not negative."""
    return [constant(key(field, VARINT)), _varints(values)]


def fixed64(field: int, values: NDArray[np.int64] | NDArray[np.float64]) -> Parts:
    """A fixed64 (or double) field; (rows,) of an 8-byte dtype."""
    block = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<")).view(np.uint8).reshape(-1, 8)
    return [constant(key(field, FIXED64)), Part(block, 8)]


def decimal(field: int, values: NDArray[np.integer]) -> Parts:
    """A string field with (rows,) integers as decimal text."""
    number = values.astype(np.uint64)
    digits = np.maximum(np.searchsorted(_POWERS, number, side="right"), 1)
    width = int(digits.max(initial=1))
    number *= _POWERS[width - digits]  # zeros behind the digits, which no row uses
    block = np.empty((len(number), width), dtype=np.uint8)
    for place in range(width):
        block[:, place] = number // _POWERS[width - 1 - place] % 10 + ord("0")
    alike = (digits == width).all()  # then no row need be looked at when they are joined
    return message(field, [Part(block, width if alike else digits)])


def message(field: int, parts: Sequence[Part]) -> Parts:
    """A field that holds a message (or a string), made of parts."""
    size: Sizes = 0
    for part in parts:
        size = size + part.size
    length = _varints(np.atleast_1d(np.asarray(size, dtype=np.int64)))
    return [constant(key(field, BYTES)), length, *parts]


def where(present: NDArray[np.bool_], parts: Sequence[Part]) -> Parts:
    """The parts in those rows only."""
    if present.all():
        return [*parts]
    return [replace(part, size=np.where(present, part.size, 0)) for part in parts]


def join(rows: int, parts: Sequence[Part]) -> bytes:
    """The records one after another."""
    if not rows:
        return b""
    matrix = np.empty((rows, sum(part.block.shape[1] for part in parts)), dtype=np.uint8)
    used = None if all(isinstance(part.size, int) for part in parts) else np.ones(matrix.shape, dtype=np.bool_)
    column = 0
    for part in parts:
        columns = slice(column, column + part.block.shape[1])
        matrix[:, columns] = part.block
        if used is not None and not isinstance(part.size, int):
            used[:, columns] = np.arange(part.block.shape[1]) < part.size[:, None]
        column = columns.stop
    return matrix.tobytes() if used is None else matrix[used].tobytes()


def pieces(rows: int, most: int) -> Iterable[slice]:
    """Slices of at most so many rows: what bounds the memory of a writer."""
    return (slice(first, min(first + most, rows)) for first in range(0, rows, most))


def _varints(values: NDArray[np.integer]) -> Part:
    unsigned = values.astype(np.uint64)
    bits = int(unsigned.max(initial=0)).bit_length()
    if bits <= _NARROW:
        unsigned = unsigned.astype(np.uint32)  # half the bytes to be shifted
    width = max(1, (bits + 6) // 7)
    block = np.empty((len(unsigned), width), dtype=np.uint8)
    for place in range(width):
        block[:, place] = unsigned >> unsigned.dtype.type(7 * place)  # and of that the lowest byte
    block[:, :-1] |= 0x80
    block[:, -1] &= 0x7F
    return Part(block, width)
