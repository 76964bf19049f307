"""The rows of `sections.FIELDS` as tidy tables, a row per observation: what CSV files and data frames are made of."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING, Any

from .fields import At, records, tables
from .sections import FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..summary import Summary

    Rows = Sequence[Mapping[str, Any]]

_FORMULA = (*"=+-@\t\r\n", *"\uff1d\uff0b\uff0d\uff20")
"""How what spreadsheets run begins; the last four are the wide forms of the first."""
COLUMNS: Mapping[str, tuple[str, ...]] = tables(FIELDS)
"""The tables and their columns, which stand even where a table has no row."""


def to_tables(summary: Summary) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table of `COLUMNS`. Devices are named by their position in ``devices`` and by their label."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
    for name, rows in records(FIELDS, summary, At.of(summary)):
        found[name] += rows
    return found


def to_csv(summary: Summary) -> dict[str, str]:
    """File name and text of each table: ``ranges.csv``. Figures that do not exist are empty."""
    return {f"{name}.csv": _csv(COLUMNS[name], rows) for name, rows in to_tables(summary).items()}


def _cell(value: object) -> object:
    """A text that a spreadsheet would take for a formula gets an apostrophe in front; numbers stay numbers.

    A carriage return would end the row: `csv` does not quote it.
    """
    if not isinstance(value, str):
        return value
    guard = "'" if value.startswith(_FORMULA) else ""
    return guard + value.replace("\r", " ")


def _csv(columns: Sequence[str], rows: Rows) -> str:
    out = StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    return out.getvalue()
