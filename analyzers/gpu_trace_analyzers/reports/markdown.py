"""Sections as a markdown page: what a run folder keeps, and what fits into a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .parts import (
    Causes,
    Changes,
    Column,
    Facts,
    Findings,
    Kind,
    Line,
    Note,
    Portions,
    Remark,
    Source,
    Table,
    Tiles,
    Verdict,
)
from .plain import plain
from .sections import sections

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..summary import Summary
    from .parts import Cause, Change, Found, Part, Section

_SPECIAL = str.maketrans({c: "\\" + c for c in "\\`*_{}[]<>|#~"} | {"\n": " ", "\r": " "})


def to_markdown(summary: Summary) -> str:
    """The whole summary. Names from the trace are text, whatever characters they have."""
    return drawn(sections(summary))


def drawn(found: Iterable[Section]) -> str:
    """Sections one below the other; the title of the first is the page's."""
    return plain("\n\n".join(_blocks(found)) + "\n")


def _blocks(found: Iterable[Section]) -> Iterator[str]:
    for position, section in enumerate(found):
        if section.title:
            yield f"{'##' if position else '#'} {_escape(section.title)}"
        yield from filter(None, map(_part, section.parts))


def _part(part: Part) -> str:
    match part:
        case Source(text) | Line(text) | Remark(text):
            return _escape(text)
        case Note(text):
            return f"> {_escape(text)}"
        case Verdict(text, below):
            return "\n\n".join((f"**{_escape(text)}**", *map(_escape, below)))
        case Facts(lines):
            return "\n".join(f"- {_escape(line)}" for line in lines)
        case Table():
            return _table(part)
        case Causes():
            return _table(_in_short(part)) if part.title else "\n".join(map(_cause, part.rows))
        case Changes(rows):
            return "\n".join(_change(number, row) for number, row in enumerate(rows, 1))
        case Findings(rows):
            return "\n".join(_found(number, row) for number, row in enumerate(rows, 1))
        case Tiles() | Portions():
            return ""


def _cause(row: Cause) -> str:
    head = f"- {row.what} {row.time} in {row.often}: **{_escape(row.title)}**{_escape(row.saves)}"
    place = [f"  - {_escape(row.place)}"] if row.place else []
    fix = [f"  - fix: {_escape(row.remedy)}"] if row.remedy else []
    return "\n".join([head, *place, *fix, f"  - {_escape('; '.join(row.evidence))}"])


def _change(number: int, row: Change) -> str:
    return "\n".join(
        [f"{number}. **{_escape(row.text)}**", *(f"   - {_escape(line)}" for line in (row.saving, *row.how))]
    )


def _found(number: int, row: Found) -> str:
    remedy = [f"   - fix: {_escape(row.remedy)}"] if row.remedy else []
    return "\n".join([f"{number}. {row.lead}**{_escape(row.text)}**{_escape(row.costs)}", *remedy])


def _in_short(found: Causes) -> Table:
    """A row per cause, without the evidence."""
    words = (Column(found.title, kind=Kind.WORD), Column("cause", kind=Kind.WORD))
    columns = (*words, *map(Column, ("time", f"of {found.whole}", "times")), Column("fix", kind=Kind.WORD))
    rows = tuple((row.what, row.title, row.time, row.share, f"{row.times:,}", row.remedy) for row in found.rows)
    return Table(columns, rows)


def _table(table: Table) -> str:
    rule = tuple(":--" if column.kind is Kind.WORD else "--:" for column in table.columns)
    rows = [table.headings, rule, *(tuple(map(_cell, row)) for row in table.rows)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _cell(text: str) -> str:
    """Leading spaces show how deep a range lies; markdown would drop them."""
    indent = len(text) - len(text.lstrip(" "))
    return "&nbsp;" * indent + _escape(text[indent:])


def _escape(text: str) -> str:
    return text.translate(_SPECIAL)
