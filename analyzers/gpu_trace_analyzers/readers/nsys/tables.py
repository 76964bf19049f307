"""Tables of an SQLite export, of which any, and any column, may be absent."""

from __future__ import annotations

import sqlite3
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Int64
    from ..base.building import TraceBuilder

_FETCH = 1 << 14


class Tables:
    """What the database has, and its rows as columns. Damage met on the way is told to the builder's file."""

    def __init__(self, database: sqlite3.Connection, builder: TraceBuilder) -> None:
        self._database = database
        self._database.text_factory = lambda text: text.decode("utf-8", "replace")
        self._builder = builder
        tables = self._select("the list of tables", "SELECT name FROM sqlite_master WHERE type = 'table'")
        self.names: set[str] = {name for (name,) in tables if isinstance(name, str)}

    @cached_property
    def strings(self) -> dict[int, str]:
        """``StringIds``."""
        rows = self.rows("StringIds", "id", "value")
        return {number: text for number, text in rows if isinstance(number, int) and isinstance(text, str)}

    def columns_of(self, table: str) -> set[str]:
        """Names of the columns of a table; none of one that is absent."""
        return {str(row[1]) for row in self._select(f"table {table}", f"PRAGMA table_info({_quoted(table)})")}

    def rows(self, table: str, *columns: str) -> Iterator[tuple[object, ...]]:
        """These columns of all rows, None where a column is absent. Stops at the first row that cannot be read."""
        if table in self.names and (there := self.columns_of(table)):
            wanted = ", ".join(_quoted(column) if column in there else "NULL" for column in columns)
            yield from self._select(f"table {table}", f"SELECT {wanted} FROM {_quoted(table)}")

    def numbers(self, table: str, *columns: str) -> dict[str, Int64]:
        """These columns as int64, `MISSING` where a value is absent or no integer; ``{}`` for an empty table."""
        rows = [[value if isinstance(value, int) else MISSING for value in row] for row in self.rows(table, *columns)]
        self._builder.events += len(rows)
        if not rows:
            return {}
        matrix = np.array(rows, dtype=np.int64)
        return {column: np.ascontiguousarray(matrix[:, place]) for place, column in enumerate(columns)}

    def count(self, table: str) -> int:
        """How many rows a table has; 0 where it cannot be read."""
        counts = list(self._select(f"table {table}", f"SELECT COUNT(*) FROM {_quoted(table)}"))
        return counts[0][0] if counts and isinstance(counts[0][0], int) else 0

    def _select(self, what: str, sql: str) -> Iterator[tuple[object, ...]]:
        try:
            cursor = self._database.execute(sql)
            while some := cursor.fetchmany(_FETCH):
                yield from some
        except (sqlite3.Error, UnicodeError) as error:
            self._builder.file.damage.append(f"{what} is damaged ({error}); data after the damage is lost")


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
