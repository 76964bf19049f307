"""Each part of a report as HTML. All names in a trace are untrusted text, which is escaped here."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from .parts import Causes, Changes, Facts, Kind, Line, Note, Remark, Source, Table, Tiles, Verdict
from .plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .parts import Cause, Change, Column, Part

_CLASSES: dict[type[Part], str] = {Source: "source", Note: "note", Remark: "hint"}


def escaped(text: str) -> str:
    """Text that is neither markup nor a command to what shows it; in an attribute with quotes too."""
    return html.escape(plain(text))


def section_html(title: str, parts: Iterable[Part]) -> str:
    """A section with its heading."""
    return f"<section><h2>{escaped(title)}</h2>{''.join(map(part_html, parts))}</section>"


def part_html(part: Part) -> str:
    """One part, of any kind."""
    match part:
        case Source(text) | Note(text) | Remark(text):
            return f'<p class="{_CLASSES[type(part)]}">{escaped(text)}</p>'
        case Verdict(text, below):
            lines = "".join(f'<p class="below">{escaped(line)}</p>' for line in below)
            return f'<p class="verdict">{escaped(text)}</p>{lines}'
        case Line(text):
            return f"<section>{escaped(text)}</section>"
        case Facts(lines):
            return "".join(f'<p class="hint">{escaped(line)}</p>' for line in lines)
        case Table():
            return _table(part)
        case Causes():
            causes = "".join(_cause(row, part.whole) for row in part.rows)
            return f"<details><summary>{escaped(part.title)}</summary>{causes}</details>" if part.title else causes
        case Changes(rows):
            return f'<ol class="changes">{"".join(map(_change, rows))}</ol>'
        case Tiles():
            return _tiles(part)


def _tiles(found: Tiles) -> str:
    cells = "".join(
        f'<li class="{"bad" if tile.bad else ""}"><b>{escaped(tile.value)}</b><span>{escaped(tile.name)}</span></li>'
        for tile in found.tiles
    )
    return f'<ul class="tiles">{cells}</ul>'


def _cause(row: Cause, whole: str) -> str:
    place = f'<p title="{escaped(row.full_place)}">{escaped(row.place)}</p>' if row.place else ""
    fix = f'<p class="do">fix: {escaped(row.remedy)}</p>' if row.remedy else ""
    evidence = "<br>".join(map(escaped, row.evidence))
    return (
        f'<div class="cause {row.kind}"><b>{escaped(row.what)} {row.time} in {row.often}: {escaped(row.title)}</b>'
        f"<p>{row.share} of {escaped(whole)}{escaped(row.saves)}</p>{place}{fix}"
        f'<p class="evidence">{evidence}</p></div>'
    )


def _change(row: Change) -> str:
    how = "".join(f'<p class="hint">{escaped(line)}</p>' for line in row.how)
    return f'<li><b>{escaped(row.text)}</b><p class="do">{escaped(row.saving)}</p>{how}</li>'


def _table(table: Table) -> str:
    heads = _cells("th", table.headings, table.columns)
    rows = "".join(f"<tr>{_cells('td', row, table.columns)}</tr>" for row in table.rows)
    return f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def _cells(tag: str, cells: Sequence[str], columns: Sequence[Column]) -> str:
    classes = (' class="word"' if column.kind is Kind.WORD else "" for column in columns)
    return "".join(f"<{tag}{of}>{escaped(cell)}</{tag}>" for cell, of in zip(cells, classes, strict=True))
