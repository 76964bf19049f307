"""Sections in a terminal; those of the summary first of all."""

from __future__ import annotations

import re
from dataclasses import replace
from io import StringIO
from textwrap import wrap
from typing import TYPE_CHECKING, Literal

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from ..units import count
from .fitting import GAP, fitted, widths
from .parts import Causes, Changes, Facts, Findings, Kind, Line, Note, Portions, Remark, Source, Table, Tiles, Verdict
from .plain import plain
from .sections import sections
from .sections.brief import brief_sections

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from ..summary import Summary
    from .parts import Cause, Change, Found, Part, Portion, Section

DEVICES_SHOWN = 8
"""Of more devices, those with the worst figures are shown here."""
ROWS_SHOWN = 30
"""of a table of the summary"""
_BAR_WIDTH = 24
_SHORTEST_BAR = 6
_WORDS = 60
"""columns of words that a bar beside them has to leave"""
_BEFORE_A_UNIT = re.compile(r"(?<=\d) (?=(?:ns|µs|ms|s)\b|%)")
_EIGHTHS = " ▏▎▍▌▋▊▉"
_STYLES = {
    "compute": "green",
    "collective": "magenta",
    "copy": "cyan",
    "memset": "dim",
    "unknown": "red",
    "other": "dim",
    "idle": "dim",
}


def to_text(summary: Summary, *, width: int = 100, color: bool = False, brief: bool = False) -> str:
    """The whole summary, or what of it fits on a screen, ``width`` columns wide; with ANSI colors where ``color``."""
    found = brief_sections(summary) if brief else sections(summary, devices=DEVICES_SHOWN)
    return drawn(map(_short, found), width=width, color=color)


def drawn(found: Iterable[Section], *, width: int = 100, color: bool = False) -> str:
    """Sections one below the other."""
    out = StringIO()
    # An explicit color system: otherwise rich looks at the environment of the caller. In a notebook it would show HTML.
    system: Literal["standard"] | None = "standard" if color else None
    console = Console(
        file=out, width=width, force_terminal=color, force_jupyter=False, color_system=system, highlight=False
    )
    console.print(Group(*_sections(found, width)))
    return plain("\n".join(line.rstrip() for line in out.getvalue().split("\n")))


def _short(section: Section) -> Section:
    """With the first rows of its tables."""
    return replace(section, parts=tuple(short for part in section.parts for short in _first_rows(part)))


def _first_rows(part: Part) -> Iterator[Part]:
    if not isinstance(part, Table) or part.every_row or len(part.rows) <= ROWS_SHOWN:
        yield part
        return
    yield replace(part, rows=part.rows[:ROWS_SHOWN])
    yield Remark(f"and {count(len(part.rows) - ROWS_SHOWN, 'more row')}; all are in --json")


def _sections(found: Iterable[Section], width: int) -> Iterator[RenderableType]:
    for position, section in enumerate(found):
        if position and section.apart:
            yield ""
        for part in section.parts:
            yield from _part(part, section, width)


def _part(part: Part, section: Section, width: int) -> Iterable[RenderableType]:
    match part:
        case Source(text) | Remark(text) | Note(text):
            return [_wrapped(text, width, style="yellow" if isinstance(part, Note) else "dim")]
        case Verdict(text, below):
            head = f"{section.title}: {text}" if section.of_device else text
            first = _wrapped(head, width, bold=section.title if section.of_device else text)
            return [first, *(_marked(_wrapped(line, width, by=2)) for line in below)]
        case Line(text):
            return [Text(text)]
        case Facts(lines):
            return [_wrapped(line, width, by=2) for line in lines]
        case Causes(rows, _, title):
            return [] if title else [line for row in rows for line in _cause(row, width)]
        case Changes() | Findings():
            return _numbered(part, width)
        case Table():
            inward = int(section.of_device)
            return [_indented(_table(part, width - inward), inward)]
        case Portions(rows):
            return _portions(rows, width)
        case Tiles():
            return []


def _cause(row: Cause, width: int) -> Sequence[RenderableType]:
    """The cause and its share, where in the script it is, what to do about it, and below it the evidence."""
    head = f"{row.what} {row.time} in {row.often}: {row.title}{row.saves}"
    place = [_wrapped(row.place, width, by=4)] if row.place else []
    fix = [_marked(_wrapped(f"fix: {row.remedy}", width, by=4, hang=5))] if row.remedy else []
    evidence = [_wrapped(line, width, by=6 if i else 4, style="dim") for i, line in enumerate(row.evidence)]
    return [_wrapped(head, width, by=2, bold=row.title), *place, *fix, *evidence]


def _portions(rows: Sequence[Portion], width: int) -> Iterator[RenderableType]:
    """Share, time and, if there is room, a bar; beside them the words, as long as they are."""
    shares, times = (max(map(len, texts)) for texts in zip(*((row.share, row.time) for row in rows), strict=True))
    room = width - 2 - shares - times - 2 * GAP
    bar = min(_BAR_WIDTH, room - GAP - _WORDS)
    for row in rows:
        lead = Text(f"  {row.share:>{shares}}  {row.time:>{times}}  ")
        if bar >= _SHORTEST_BAR:
            lead.append(_bar(row.ns, row.whole_ns, bar).ljust(bar + GAP), style=_STYLES[row.kind])
        first, *rest = _portion(row, width - len(lead)).split()
        yield lead + first
        yield from (Text(" " * len(lead)) + line for line in rest)


def _portion(row: Portion, width: int) -> Text:
    """Its words and, a little inward, what to do about it."""
    below = [_marked(_wrapped(line, width, by=2, hang=2)) for line in row.below]
    return Text("\n").join([_wrapped(row.text, width), *below])


def _numbered(part: Changes | Findings, width: int) -> list[RenderableType]:
    rows = (
        (_change(number, row, width) for number, row in enumerate(part.rows, 1))
        if isinstance(part, Changes)
        else (_found(number, row, width) for number, row in enumerate(part.rows, 1))
    )
    return [line for row in rows for line in row]


def _change(number: int, row: Change, width: int) -> Sequence[RenderableType]:
    """What to change, and below it what that saves and how it is done."""
    head = _wrapped(f"{number}. {row.text}", width, by=2, hang=3, bold=row.text)
    return [head, *(_wrapped(line, width, by=5) for line in (row.saving, *row.how))]


def _found(number: int, row: Found, width: int) -> Sequence[RenderableType]:
    """What was found and what it costs, and below it the next step."""
    head = _wrapped(f"{number}. {row.lead}{row.text}{row.costs}", width, hang=3, bold=row.text if row.certain else "")
    return [head, *([_marked(_wrapped(f"fix: {row.remedy}", width, by=3, hang=5))] if row.remedy else [])]


def _wrapped(line: str, width: int, *, by: int = 0, hang: int = 4, bold: str = "", style: str = "") -> Text:
    """The line ``by`` columns inward, the rest of a long one ``hang`` more."""
    text = Text("\n".join(wrapped(line, width, " " * by, " " * (by + hang))), style=style)
    if bold:
        text.highlight_regex(r"\s+".join(map(re.escape, bold.split())), "bold")
    return text


def _marked(line: Text) -> Text:
    """With the word for what can be done in green, and what that saves."""
    line.highlight_regex(r"^ *(fix\b[^:]*|to hide copies):", "green")
    return line


def wrapped(line: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """Lines of ``width`` columns, which begin with ``first`` and ``rest``; a figure keeps its unit."""
    kept = _BEFORE_A_UNIT.sub("\N{NO-BREAK SPACE}", line)
    lines = wrap(kept, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def _indented(part: RenderableType, by: int = 2) -> RenderableType:
    return Padding(part, (0, 0, 0, by)) if by else part


def _table(table: Table, width: int) -> RichTable:
    """With bars after the second column, in whatever room it leaves."""
    table = fitted(table, width)
    room = min(_BAR_WIDTH, width - sum(widths(table)) - GAP * len(table.columns))
    bar = room if table.bars and room >= _SHORTEST_BAR else 0
    drawn = _empty_table(table, bar)
    bars = [[Text(_bar(row.part, row.whole, bar), style=_STYLES[row.kind])] for row in table.bars] if bar else []
    for cells, inserted in zip(table.rows, bars or [[]] * len(table.rows), strict=True):
        drawn.add_row(*map(Text, cells[:2]), *inserted, *map(Text, cells[2:]))
    return drawn


def _empty_table(table: Table, bar: int) -> RichTable:
    """Headings alone; with a column for bars after the second, where it has a width."""
    drawn = RichTable(box=None, pad_edge=False, header_style="dim", padding=(0, GAP, 0, 0))
    for position, column in enumerate(table.columns):
        if bar and position == 2:
            drawn.add_column("", no_wrap=True, width=bar)
        drawn.add_column(column.title, no_wrap=True, justify="left" if column.kind is Kind.WORD else "right")
    return drawn


def _bar(part: int, whole: int, width: int) -> str:
    """A bar as long as the part is of the whole, to an eighth of a column; something is never drawn as nothing."""
    eighths = round(8 * width * part / whole) if whole else 0
    full, rest = divmod(max(eighths, 1 if part else 0), 8)
    return "█" * full + _EIGHTHS[rest].strip()
