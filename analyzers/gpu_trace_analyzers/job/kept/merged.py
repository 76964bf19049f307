"""Parts of a job as one part. However they are split and in whatever order they come, the result is the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ...columns import Columns, Role
from ...model import MISSING
from .bounds import LONGEST
from .partial import Partial
from .tables import Collectives, Lengths, Losses, Operations, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from ...model import Int32, Int64

_Table = TypeVar("_Table", bound=Columns)

_FIRST: dict[type[Columns], tuple[str, ...]] = {
    Collectives: ("rank", "start_ns", "end_ns"),
    Unreadable: ("path",),
}
"""The columns by which the rows of a table are ordered; then by all of its columns, as they follow each other."""
_MOSTLY_ENOUGH = 3
"""columns that mostly tell all rows apart, so that the others need not be sorted"""


def merged(parts: Iterable[Partial]) -> Partial:
    """All of them as one. An operation is kept only where it is one of the longest of all."""
    parts = list(parts)
    strings = tuple(sorted({text for part in parts for text in part.strings}))
    code_of = {text: code for code, text in enumerate(strings)}
    codes = [_codes([code_of[text] for text in part.strings]) for part in parts]
    tables = {}
    for name, kind in Partial.table_types().items():
        rows = [_recoded(getattr(part, name), of) for part, of in zip(parts, codes, strict=True)]
        tables[name] = _REDUCED.get(kind, _in_order)(_joined(kind, rows))
    return _with_its_strings(Partial.of(strings, tables))


def _joined(kind: type[_Table], tables: Sequence[_Table]) -> _Table:
    if len(tables) < 2:
        return tables[0] if tables else kind.empty()
    return kind(**{name: np.concatenate([getattr(table, name) for table in tables]) for name in kind.columns()})


def _recoded(table: Any, codes: Int32) -> Any:
    """With other codes of texts; their last is that of `MISSING`."""
    return replace(table, **{name: codes[getattr(table, name)] for name in table.columns_of(Role.TEXT)})


def _codes(codes: Sequence[int]) -> Int32:
    return np.array([*codes, MISSING], np.int32)


def _with_its_strings(part: Partial) -> Partial:
    """Without the strings that no row has."""
    used = np.zeros(len(part.strings) + 1, np.bool_)
    for table in part.tables().values():
        for column in table.columns_of(Role.TEXT):
            used[getattr(table, column)] = True
    used = used[:-1]  # the last is that of `MISSING`
    codes = _codes((np.cumsum(used) - 1).tolist())
    kept = tuple(text for text, is_used in zip(part.strings, used.tolist(), strict=True) if is_used)
    return Partial.of(kept, {name: _recoded(table, codes) for name, table in part.tables().items()})


# What becomes of the rows of each table -----------------------------------------------------------------------------


def _in_order(table: _Table) -> _Table:
    """Ordered by all columns: rows that are equal in all of them are the same in any order."""
    if len(table) < 2:
        return table
    names = [*_FIRST.get(type(table), ()), *table.columns()]
    return table[_ordered(table, names)]


def _ordered(table: Columns, names: Sequence[str]) -> Int64:
    """The order of the rows by these columns."""
    columns = [getattr(table, name) for name in names]
    order = np.lexsort(columns[_MOSTLY_ENOUGH - 1 :: -1])
    if len(columns) <= _MOSTLY_ENOUGH or _is_new([column[order] for column in columns[:_MOSTLY_ENOUGH]]).all():
        return order
    return np.lexsort(columns[::-1])


def _longest(table: Operations) -> Operations:
    """The longest; of equals that of the lowest rank, then the first."""
    table = _in_order(table)
    return table[np.argsort(-table.ns, kind="stable")[:LONGEST]]


def _added_up(*by: str) -> Callable[[Any], Any]:
    """One row for each combination of these columns, with the sums of the others."""

    def added_up(table: Any) -> Any:
        kind, table = type(table), table[_ordered(table, by)]
        first = np.flatnonzero(_is_new([getattr(table, name) for name in by]))
        columns = {n: getattr(table, n) for n in kind.columns()}
        return kind.of({n: v[first] if n in by else _sums(v, first) for n, v in columns.items()})

    return added_up


def _is_new(columns: Sequence[NDArray[Any]]) -> NDArray[np.bool_]:
    """Which rows differ from the row before: (n,) bool."""
    new = np.zeros(len(columns[0]), np.bool_)
    new[:1] = True
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return new


def _sums(values: Int64, first: Int64) -> Int64:
    """Of each run of rows that begins at ``first``."""
    return np.add.reduceat(values, first) if len(first) else values


_REDUCED: dict[type[Columns], Callable[[Any], Any]] = {
    Losses: _added_up("rank", "owner", "cause"),
    Lengths: _added_up("engine", "bucket"),
    Operations: _longest,
}
