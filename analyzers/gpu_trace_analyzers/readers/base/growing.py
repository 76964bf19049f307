"""Tables while they are read: they grow, and are put in order, without ever being in memory twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from ...model import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

_Rows = TypeVar("_Rows", bound=Table)
_ROOM = 1.25
"""By how much a column grows at once: what is not used is at most a fifth of it, and copying seldom."""


class GrowingTable(Generic[_Rows]):
    """Columns to which rows are added. A large one grows by its pages being moved, not its bytes."""

    def __init__(self, table: type[_Rows]) -> None:
        self._table = table
        self._columns: dict[str, NDArray[Any]] = {name: np.empty(0, dtype) for name, dtype in table.columns().items()}
        self._length = self._room = 0

    def extend(self, rows: _Rows) -> None:
        """Add rows behind the others."""
        begin, end = self._length, self._length + len(rows)
        if end > self._room:
            self._resize(max(end, int(self._room * _ROOM)))
        for name, column in self._columns.items():
            column[begin:end] = getattr(rows, name)
        self._length = end

    def column(self, name: str) -> NDArray[Any]:
        """What a column has by now: a view, which is good until more rows come."""
        return self._columns[name][: self._length]

    def rows(self) -> _Rows:
        """All rows, in columns of exactly that length; nothing can be added any more."""
        self._resize(self._length)
        columns, self._columns = self._columns, {}
        return self._table(**columns)

    def _resize(self, room: int) -> None:
        for column in self._columns.values():
            column.resize(room, refcheck=False)  # no other reference exists yet
        self._room = room


def put_in_order(rows: Any) -> None:
    """Sort a table of one's own by start, where it lies; of equal starts the longer first, as ranges nest."""
    if (np.diff(rows.start_ns) > 0).all():
        return
    order = np.lexsort((-rows.end_ns, rows.start_ns))
    for name in rows.columns():
        column = getattr(rows, name)
        column[:] = column[order]
