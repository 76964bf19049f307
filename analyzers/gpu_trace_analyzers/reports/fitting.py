"""Tables as wide as a terminal: names are cut in the middle, whole columns are left out, but no figure is ever cut."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .tables import Table

GAP = 2
"""Columns of space after each cell."""

SHORTEST_NAME = 16

_LEFT_OUT_FIRST = (
    *("median", "worst", "what to do", "bytes", "ops", "rate", "count", "times", "of idle", "change ", "change"),
    *("compute", "of span", "copy", "of the shorter", "after", "window", "busy", "device", "hidden"),
)
"""By their worth, the least first. The answer, what is hidden and what is exposed, stays longest."""


def fitted(table: Table, width: int) -> tuple[Table, tuple[str, ...]]:
    """The table in ``width`` columns, and the headings that were left out for it."""
    out: list[str] = []
    for heading in _LEFT_OUT_FIRST:
        if _needed(table, SHORTEST_NAME) <= width:
            break
        if heading in table.headings:
            table = _without(table, heading)
            out.append(heading)
    room = max(SHORTEST_NAME, width - _needed(table, 0))
    return replace(table, rows=tuple((shortened(row[0], room), *row[1:]) for row in table.rows)), tuple(out)


def shortened(name: str, width: int) -> str:
    """At most ``width`` characters: both ends of a longer name, for kernels often differ at the end only."""
    if len(name) <= width:
        return name
    tail = (width - 1) // 3
    return f"{name[: width - 1 - tail]}…{name[len(name) - tail :]}"


def widths(table: Table) -> list[int]:
    """Characters of the longest cell of each column."""
    return [max(len(row[i]) for row in (table.headings, *table.rows)) for i in range(len(table.headings))]


def _needed(table: Table, name: int) -> int:
    """Width of the table with names of at most ``name`` characters."""
    first, *rest = widths(table)
    return max(min(first, name), len(table.headings[0]) if name else 0) + sum(rest) + GAP * len(rest)


def _without(table: Table, heading: str) -> Table:
    place = table.headings.index(heading)
    rows = tuple(row[:place] + row[place + 1 :] for row in table.rows)
    words = table.words - (place < table.words)
    return replace(table, headings=table.headings[:place] + table.headings[place + 1 :], rows=rows, words=words)
