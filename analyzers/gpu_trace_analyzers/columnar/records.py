"""Devices and processes as tables of Arrow, a row each, and back."""

from __future__ import annotations

from dataclasses import Field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from .arrow import arrow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from ..model import Device, Process

    _Record = TypeVar("_Record", Device, Process)


def _types() -> Mapping[str, pa.DataType]:
    """The type of a column, by the kind of its field."""
    pa = arrow()
    return {
        "int": pa.int64(),
        "str": pa.string(),
        "Literal": pa.string(),
        "tuple": pa.list_(pa.int64()),
        "Mapping": pa.map_(pa.int64(), pa.string()),
    }


def _kind(field: Field[Any]) -> str:
    """Its annotation, which is a text here, without what it is of: ``Mapping`` of ``Mapping[int, str]``."""
    return str(field.type).partition("[")[0]


def to_arrow(kind: type[_Record], records: Sequence[_Record]) -> pa.Table:
    """A table with a column for each field."""
    pa, types = arrow(), _types()
    columns = {}
    for field in fields(kind):
        values = [_plain(getattr(record, field.name)) for record in records]
        columns[field.name] = pa.array(values, types[_kind(field)])
    return pa.table(columns)


def _plain(value: Any) -> Any:
    return list(value.items()) if isinstance(value, dict) else value


def from_arrow(kind: type[_Record], table: pa.Table) -> tuple[_Record, ...]:
    """The records of such a table; fields that it has no column for keep their defaults.

    Raises ``TypeError`` or ``ValueError`` for a table of something else.
    """
    columns = {
        field.name: [_as_field(value, _kind(field)) for value in table.column(field.name).to_pylist()]
        for field in fields(kind)
        if field.name in table.column_names
    }
    return tuple(kind(**dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True))


def _as_field(value: Any, kind: str) -> Any:
    if kind == "Mapping":
        return dict(value)
    return tuple(value) if isinstance(value, list) else value
