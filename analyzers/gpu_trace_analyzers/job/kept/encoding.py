"""A part of a job as bytes, and back. One part has one encoding, on any machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from .partial import Partial

if TYPE_CHECKING:
    from ...columns import Columns
    from ...model import Int64

_WIDTHS = (np.int8, np.int16, np.int32)


class OtherVersion(ValueError):
    """Bytes of a part whose tables are not those of this version of gpu-trace."""


def encoded(part: Partial) -> bytes:
    """Columns as differences from row to row, each column in as few bytes as its largest needs."""
    tables = {name: _packed(table) for name, table in part.tables().items()}
    return msgspec.msgpack.encode([_columns(), list(part.strings), tables])


def decoded(data: bytes) -> Partial:
    """The part that has this encoding. Raises `OtherVersion`, and ``ValueError`` for bytes that are none."""
    form = tuple[list[str], list[str], dict[str, list[tuple[int, bytes]]]]
    columns, strings, tables = msgspec.msgpack.decode(data, type=form)
    if columns != _columns():
        raise OtherVersion("a part of a job that another version of gpu-trace has read")
    read = {name: _unpacked(kind, tables[name]) for name, kind in Partial.table_types().items()}
    return Partial.of(strings, read)


def _columns() -> list[str]:
    return [f"{name}.{column}" for name, kind in Partial.table_types().items() for column in kind.columns()]


def _packed(table: Columns) -> list[tuple[int, bytes]]:
    return [_differences(getattr(table, name)) for name in table.columns()]


def _differences(column: Int64) -> tuple[int, bytes]:
    """How many bytes each takes, and all of them, the lowest byte first."""
    steps = np.diff(column.astype(np.int64), prepend=0)
    least, most = int(steps.min(initial=0)), int(steps.max(initial=0))
    fits = (width for width in _WIDTHS if np.iinfo(width).min <= least and most <= np.iinfo(width).max)
    kind = np.dtype(next(fits, np.int64)).newbyteorder("<")
    return kind.itemsize, steps.astype(kind).tobytes()


def _unpacked(kind: type[Columns], columns: list[tuple[int, bytes]]) -> Columns:
    values = (np.cumsum(np.frombuffer(data, f"<i{size}"), dtype=np.int64) for size, data in columns)
    return kind.of(dict(zip(kind.columns(), values, strict=True)))
