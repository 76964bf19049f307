"""What programs read: each key is declared once, with what it means; JSON, CSV and the page in the docs follow.

A `Field` is one value. A `Nested` is an object: CSV has its fields as columns of the row it is in. `Rows` are many of
one kind: CSV has a table of them. What people read of rows is `Shown` in the columns of a table.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from .parts import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ..model import Device
    from ..summary import Summary
    from .parts import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """Where a row is."""

    within: Any = None
    """the row that has this one, of nested rows"""


@dataclass(frozen=True, slots=True)
class At(Within):
    """Where a row of a summary is: in which summary, and in which row of it."""

    summary: Summary
    places: Mapping[int, int]
    """the place in ``devices`` of each position in ``Trace.devices``"""

    @staticmethod
    def of(summary: Summary) -> At:
        """Where the summary's own rows are."""
        return At(summary, {figures.position: i for i, figures in enumerate(summary.devices)})

    def device(self, position: int) -> Device:
        """The device at a position in ``Trace.devices``."""
        return self.summary.devices[self.places[position]].device

    def label(self, position: int) -> str:
        """What it is called."""
        return self.device(position).label


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a row: ``get(row, at)``, by default the attribute that is called as the key.

    ``note`` is what the page says of it behind its name. ``cell`` makes a CSV cell of a value that is none; a value
    without one that is ``only_json`` is in no table.
    """

    key: str
    note: str = ""
    get: Callable[[Any, Any], Any] | None = None
    cell: Callable[[Any], str] | None = None
    only_json: bool = False

    def value(self, row: Any, at: Within) -> Any:
        """As JSON has it."""
        return getattr(row, self.key) if self.get is None else self.get(row, at)

    def columns(self) -> tuple[str, ...]:
        """Its columns in a table."""
        return () if self.only_json else (self.key,)

    def cells(self, row: Any, at: Within) -> dict[str, Any]:
        """Of each of these columns the value."""
        if self.only_json:
            return {}
        value = self.value(row, at)
        return {self.key: value if self.cell is None else self.cell(value)}


@dataclass(frozen=True, slots=True)
class Nested:
    """An object of its own inside a row; null where the row has none."""

    key: str
    note: str
    get: Callable[[Any, Any], Any]
    fields: tuple[Item, ...]

    def value(self, row: Any, at: Within) -> dict[str, Any] | None:
        """As JSON has it."""
        inside = self.get(row, at)
        return None if inside is None else values(self.fields, inside, at)

    def columns(self) -> tuple[str, ...]:
        """Its columns in a table."""
        return tuple(name for each in self.fields for name in each.columns())

    def cells(self, row: Any, at: Within) -> dict[str, Any]:
        """Of each of these columns the value."""
        inside = self.get(row, at)
        if inside is None:
            return dict.fromkeys(self.columns())
        return {name: cell for each in self.fields for name, cell in each.cells(inside, at).items()}


@dataclass(frozen=True, slots=True)
class Rows:
    """Many rows of one kind: a list in JSON, or an object by ``by``; a table in CSV, where ``table`` names one.

    ``first`` are the columns that say what a row is of. They come first in a table, and JSON may say it otherwise.
    """

    key: str
    note: str
    get: Callable[[Any, Any], Any]
    fields: tuple[Item, ...]
    table: str = ""
    first: tuple[Field, ...] = ()
    by: Callable[[Any], str] | None = None

    def value(self, row: Any, at: Within) -> list[dict[str, Any]] | dict[str, dict[str, Any]]:
        """As JSON has them."""
        inside = replace(at, within=row)
        if self.by is not None:
            return {self.by(each): values(self.fields, each, inside) for each in self.get(row, at)}
        return [values(self.fields, each, inside) for each in self.get(row, at)]

    def columns(self) -> tuple[str, ...]:
        """None in the table of the row that has them."""
        return ()

    def cells(self, _row: Any, _at: Within) -> dict[str, Any]:
        """None there either."""
        return {}

    def headings(self) -> tuple[str, ...]:
        """The columns of their own table."""
        flat = [each.columns() for each in self.fields if isinstance(each, Field)]
        nested = [each.columns() for each in self.fields if isinstance(each, Nested)]
        names = [each.columns() for each in self.first]
        return tuple(dict.fromkeys(name for columns in (*names, *flat, *nested) for name in columns))

    def records(self, row: Any, at: Within) -> list[dict[str, Any]]:
        """The rows of their own table."""
        inside = replace(at, within=row)
        return [
            {name: cell for item in (*self.first, *self.fields) for name, cell in item.cells(each, inside).items()}
            for each in self.get(row, at)
        ]


Item: TypeAlias = Field | Nested | Rows


def values(fields: tuple[Item, ...], row: Any, at: Within) -> dict[str, Any]:
    """A row as JSON has it."""
    return {each.key: each.value(row, at) for each in fields}


def tables(fields: tuple[Item, ...]) -> dict[str, tuple[str, ...]]:
    """The columns of each table, those of rows inside rows after the ones that they are in."""
    found: dict[str, tuple[str, ...]] = {}
    for each in fields:
        if isinstance(each, Rows) and each.table:
            found |= {each.table: each.headings(), **tables(each.fields)}
        elif isinstance(each, Nested):
            found |= tables(each.fields)
    return found


def records(fields: tuple[Item, ...], row: Any, at: Within) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The rows of each table below a row, with the name of the table."""
    for each in fields:
        if isinstance(each, Rows) and each.table:
            yield each.table, each.records(row, at)
            for inner in each.get(row, at):
                yield from records(each.fields, inner, replace(at, within=row))
        elif isinstance(each, Nested) and (inside := each.get(row, at)) is not None:
            yield from records(each.fields, inside, at)


@dataclass(frozen=True, slots=True)
class Shown:
    """A column that people read, and what it shows of a row: ``cell(row, at)``."""

    column: Column
    cell: Callable[[Any, Any], str]


def table(shown: Sequence[Shown], rows: Iterable[Any], at: Within) -> Table:
    """Rows as people read them."""
    cells = tuple(tuple(each.cell(row, at) for each in shown) for row in rows)
    return Table(tuple(each.column for each in shown), cells)
