"""Each part of a report as HTML. All names in a trace are untrusted text, which is escaped here."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import msgspec

from .parts import Causes, Changes, Facts, Findings, Kind, Line, Note, Portions, Remark, Source, Table, Tiles, Verdict
from .plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .parts import Cause, Change, Column, Found, Part, Span, Stretches

_CLASSES: dict[type[Part], str] = {Source: "source", Note: "note", Remark: "hint"}


def escaped(text: str) -> str:
    """Text that is neither markup nor a command to what shows it; in an attribute with quotes too."""
    return html.escape(plain(text))


def span_attributes(span: Span, zero_ns: int) -> str:
    """The attributes of an element that the timeline shows the time of; the page counts from ``zero_ns``."""
    start_ns, end_ns = span.start_ns - zero_ns, span.end_ns - zero_ns
    device = f' data-device="{span.device}"' if span.device >= 0 else ""
    rank = f' data-rank="{span.rank}"' if span.rank >= 0 else ""
    return f' data-start-ns="{start_ns}" data-end-ns="{end_ns}"{device}{rank}'


def rank_attributes(ranks: Stretches) -> str:
    """The attribute of an element whose ranks the map of a job shows; none for no ranks."""
    stretches = ",".join(f"{first}-{last}" for first, last in ranks)
    return f' data-ranks="{stretches}"' if ranks else ""


def data_block(name: str, document: object) -> str:
    """What a script reads, in a block that no name can leave: without ``<`` it has no ``</script>`` and no comment."""
    text = msgspec.json.encode(document).decode().replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{text}</script>'


def section_html(title: str, parts: Iterable[Part], zero_ns: int) -> str:
    """A section with its heading, of a page that counts time from ``zero_ns`` on the clock of the trace."""
    drawn = "".join(part_html(part, zero_ns) for part in parts)
    heading = f"<h2>{escaped(title)}</h2>" if title else ""
    return f"<section>{heading}{drawn}</section>"


def part_html(part: Part, zero_ns: int) -> str:
    """One part, of any kind."""
    match part:
        case Source(text) | Note(text) | Remark(text):
            return f'<p class="{_CLASSES[type(part)]}">{escaped(text)}</p>'
        case Verdict(text, below):
            lines = "".join(f'<p class="below">{escaped(line)}</p>' for line in below)
            return (f'<p class="verdict">{escaped(text)}</p>' if text else "") + lines
        case Line(text):
            return f"<section>{escaped(text)}</section>"
        case Facts(lines):
            return "".join(f'<p class="hint">{escaped(line)}</p>' for line in lines)
        case Table():
            return _table(part, zero_ns)
        case Causes():
            causes = "".join(_cause(row, part.whole, zero_ns) for row in part.rows)
            return f"<details><summary>{escaped(part.title)}</summary>{causes}</details>" if part.title else causes
        case Changes() | Findings():
            return _numbered(part)
        case Tiles():
            return _tiles(part)
        case Portions():
            return ""


def _tiles(found: Tiles) -> str:
    cells = "".join(
        f'<li class="{"bad" if tile.bad else ""}"><b>{escaped(tile.value)}</b><span>{escaped(tile.name)}</span></li>'
        for tile in found.tiles
    )
    return f'<ul class="tiles">{cells}</ul>'


def _cause(row: Cause, whole: str, zero_ns: int) -> str:
    place = f'<p title="{escaped(row.full_place)}">{escaped(row.place)}</p>' if row.place else ""
    fix = f'<p class="do">fix: {escaped(row.remedy)}</p>' if row.remedy else ""
    return (
        f'<div class="cause {row.kind}"><b>{escaped(row.what)} {row.time} in {row.often}: {escaped(row.title)}</b>'
        f"<p>{row.share} of {escaped(whole)}{escaped(row.saves)}</p>{place}{fix}{_evidence(row, zero_ns)}</div>"
    )


def _evidence(row: Cause, zero_ns: int) -> str:
    """Its first line is about the longest of them, and brings that into view."""
    lines = [escaped(line) for line in row.evidence]
    if row.longest is not None:
        attributes = f'data-finding="{row.finding}"{span_attributes(row.longest, zero_ns)}'
        lines[0] = f'<button type="button" class="longest" {attributes}>{lines[0]}</button>'
    return "".join(f'<p class="evidence">{line}</p>' for line in lines)


def _numbered(part: Changes | Findings) -> str:
    if isinstance(part, Changes):
        return f'<ol class="changes">{"".join(map(_change, part.rows))}</ol>'
    return f'<ol class="findings">{"".join(map(_found, part.rows))}</ol>'


def _change(row: Change) -> str:
    how = "".join(f'<p class="hint">{escaped(line)}</p>' for line in row.how)
    return f'<li><b>{escaped(row.text)}</b><p class="do">{escaped(row.saving)}</p>{how}</li>'


def _found(row: Found) -> str:
    """A finding; where it is of ranks, its sentence shows these on the map of the page."""
    text = f"<b>{escaped(row.lead + row.text)}</b>"
    if row.ranks:
        text = f'<button type="button"{rank_attributes(row.ranks)}>{text}</button>'
    cost = f'<p class="cost">{escaped(row.cost)}</p>' if row.cost else ""
    fix = f'<p class="do">fix: {escaped(row.remedy)}</p>' if row.remedy else ""
    kind = "certain" if row.certain else "uncertain"
    return f'<li class="{kind}" data-finding="{escaped(row.id)}">{text}{cost}{fix}</li>'


def _table(table: Table, zero_ns: int) -> str:
    spans = [span_attributes(span, zero_ns) for span in table.spans] or [""] * len(table.rows)
    ranks = [rank_attributes(each) for each in table.ranks] or [""] * len(table.rows)
    heads = _cells("th", table.headings, table.columns)
    rows = "".join(
        f"<tr{span}{of}>{_cells('td', row, table.columns)}</tr>"
        for row, span, of in zip(table.rows, spans, ranks, strict=True)
    )
    return f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def _inward(word: str) -> str:
    """Its blanks in front are of those that a line is not broken at: else a long name begins below them."""
    name = word.lstrip(" ")
    return "\N{NO-BREAK SPACE}" * (len(word) - len(name)) + name


def _cells(tag: str, cells: Sequence[str], columns: Sequence[Column]) -> str:
    return "".join(
        f'<{tag} class="word">{escaped(_inward(cell))}</{tag}>'
        if column.kind is Kind.WORD
        else f"<{tag}>{escaped(cell)}</{tag}>"
        for cell, column in zip(cells, columns, strict=True)
    )
