"""Tables as wide as a terminal: names are cut in the middle, whole columns are left out, but no figure is ever cut."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING

from .parts import SHORTEST_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .parts import Column, Table

GAP = 2
"""Columns of space after each cell."""
_BEFORE = 4
"""Characters before the first one in which two names differ."""


def fitted(table: Table, width: int) -> Table:
    """The table in ``width`` characters, without the columns that have to go for it."""
    table = replace(table, rows=tuple(tuple(map(_in_its_room, row, table.columns)) for row in table.rows))
    for column in sorted(filter(lambda c: c.drop_order is not None, table.columns), key=lambda c: c.drop_order or 0):
        if _needed(table, table.name_room) <= width:
            break
        table = _without(table, table.columns.index(column))
    room = max(SHORTEST_NAME, width - _needed(table, 0))
    names = told_apart([row[0] for row in table.rows], room)
    return replace(table, rows=tuple((name, *row[1:]) for name, row in zip(names, table.rows, strict=True)))


def _in_its_room(cell: str, column: Column) -> str:
    return cell if column.room is None else shortened(cell, column.room)


def told_apart(names: Sequence[str], width: int) -> list[str]:
    """Each name in at most ``width`` characters; names that would be alike then are cut around where they differ."""
    short = {name: shortened(name, width) for name in dict.fromkeys(names)}
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for name, cut in short.items():
        alike[cut].append(name)
    for members in alike.values():
        if len(members) > 1:
            place = len(list(takewhile(lambda letters: len(set(letters)) == 1, zip(*members, strict=False))))
            short |= {name: _around(name, place, width) for name in members}
    return [short[name] for name in names]


def _around(name: str, place: int, width: int) -> str:
    """The beginning of a long name, and what it has from a place on, with a few characters before that."""
    head = width // 3
    first = min(place - _BEFORE, len(name) - (width - head - 1))
    rest = name[first : first + width - head - 1]
    return f"{name[:head]}…{rest if name.endswith(rest) else rest[:-1] + '…'}"


def shortened(name: str, width: int) -> str:
    """At most ``width`` characters: both ends of a longer name, for kernels often differ at the end only.

    Of one with template arguments both ends of its name, and the first of them.
    """
    if len(name) <= width:
        return name
    bare, _, arguments = name.partition("<")
    if bare and arguments.endswith(">"):
        head = _both_ends(bare, width // 2)
        return f"{head}<{arguments[: width - len(head) - len('<…>')]}…>"
    return _both_ends(name, width)


def _both_ends(name: str, width: int) -> str:
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
