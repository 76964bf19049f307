"""Tables as wide as a terminal: names are cut in the middle, whole columns are left out, but no figure is ever cut."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .parts import Table

GAP = 2
"""Columns of space after each cell."""

SHORTEST_NAME = 16


def fitted(table: Table, width: int) -> Table:
    """The table in ``width`` characters, without the columns that have to go for it."""
    for column in sorted(filter(lambda c: c.drop_order is not None, table.columns), key=lambda c: c.drop_order or 0):
        if _needed(table, SHORTEST_NAME) <= width:
            break
        table = _without(table, table.columns.index(column))
    room = max(SHORTEST_NAME, width - _needed(table, 0))
    return replace(table, rows=tuple((shortened(row[0], room), *row[1:]) for row in table.rows))


def shortened(name: str, width: int) -> str:
    """At most ``width`` characters: both ends of a longer name, for kernels often differ at the end only."""
    if len(name) <= width:
        return name
    tail = (width - 1) // 3
    return f"{name[: width - 1 - tail]}…{name[len(name) - tail :]}"


def widths(table: Table) -> list[int]:
    """Characters of the longest cell of each column."""
    return [max(len(row[i]) for row in (table.headings, *table.rows)) for i in range(len(table.columns))]


def _needed(table: Table, name: int) -> int:
    """Width of the table with names of at most ``name`` characters."""
    first, *rest = widths(table)
    return max(min(first, name), len(table.headings[0]) if name else 0) + sum(rest) + GAP * len(rest)


def _without(table: Table, place: int) -> Table:
    rows = tuple(row[:place] + row[place + 1 :] for row in table.rows)
    return replace(table, columns=table.columns[:place] + table.columns[place + 1 :], rows=rows)
