"""Rows of a trace as a table of Arrow, and back. Texts stand in it as themselves, so that other programs can read them.

All other columns are the trace's own numbers, `MISSING` included: a null would make pandas turn integers into floats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ..columns import MISSING, Role
from .arrow import arrow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from ..columns import Columns, Int32

    _Rows = TypeVar("_Rows", bound=Columns)


def texts(strings: Sequence[str]) -> pa.StringArray:
    """Strings as Arrow has them. What has no UTF-8, in names of damaged files, is replaced."""
    pa = arrow()
    try:
        return pa.array(strings, pa.string())
    except UnicodeEncodeError:
        return pa.array([text.encode("utf-8", "replace").decode() for text in strings], pa.string())


def to_arrow(rows: Columns, strings: pa.StringArray) -> pa.Table:
    """A table with the columns of the rows; ``strings`` are those of the trace."""
    named = rows.columns_of(Role.TEXT)
    columns = {name: getattr(rows, name) for name in rows.columns()}
    return arrow().table(columns | {name: _texts(columns[name], strings) for name in named})


def _texts(codes: Int32, strings: pa.StringArray) -> pa.DictionaryArray:
    """Each text once, and which of them each row has; null for `MISSING`."""
    pa = arrow()
    used, place = np.unique(codes, return_inverse=True)
    missing = codes == MISSING
    place = place.reshape(-1) - int(missing.any())  # the lowest code is `MISSING`
    return pa.DictionaryArray.from_arrays(
        pa.array(place.astype(np.int32), mask=missing), strings.take(pa.array(used[used != MISSING]))
    )


def from_arrow(kind: type[_Rows], table: pa.Table, codes: Mapping[str, int]) -> _Rows:
    """The rows of such a table; columns that it does not have are `MISSING`. ``codes`` are those of the strings.

    Raises ``ValueError`` for a column of another type, or with a text that is not among the strings.
    """
    named = kind.columns_of(Role.TEXT)
    columns: dict[str, Any] = {}
    for name, dtype in kind.columns().items():
        if name not in table.column_names:
            continue
        column = table.column(name)
        columns[name] = _codes(column, codes) if name in named else _numbers(column, dtype, name)
    return kind.of(columns, len(table))


def _codes(column: pa.ChunkedArray, codes: Mapping[str, int]) -> Int32:
    parts = [_codes_of_chunk(chunk.dictionary_encode(), codes) for chunk in column.chunks]
    return np.concatenate([np.empty(0, dtype=np.int32), *parts])


def _codes_of_chunk(chunk: pa.DictionaryArray, codes: Mapping[str, int]) -> Int32:
    texts = chunk.dictionary.to_pylist()
    if unknown := [text for text in texts if text not in codes]:
        raise ValueError(f"{unknown[0]!r} is not among its strings")
    each = np.array([*(codes[text] for text in texts), MISSING], dtype=np.int32)
    places = _plain(chunk.indices, np.dtype(np.int32))
    if chunk.indices.null_count:
        places = np.where(_is_there(chunk.indices), places, MISSING)
    return np.asarray(each[places])


def _numbers(column: pa.ChunkedArray, dtype: np.dtype[np.generic], name: str) -> Any:
    if column.type != arrow().from_numpy_dtype(dtype) or column.null_count:
        raise ValueError(f"column {name} is {column.type}, not {dtype}")
    return np.concatenate([np.empty(0, dtype), *(_plain(chunk, dtype) for chunk in column.chunks)])


def _plain(chunk: pa.Array, dtype: np.dtype[np.generic]) -> NDArray[Any]:
    """The numbers of an array as NumPy has them; Arrow's own way there imports pandas, which takes half a second."""
    values = chunk.buffers()[1]
    return np.frombuffer(values or b"", dtype)[chunk.offset : chunk.offset + len(chunk)]


def _is_there(chunk: pa.Array) -> NDArray[np.bool_]:
    """Which numbers of an array that has nulls are none: (n,) bool."""
    bits = np.unpackbits(np.frombuffer(chunk.buffers()[0], np.uint8), bitorder="little")
    return bits[chunk.offset : chunk.offset + len(chunk)].astype(np.bool_)
