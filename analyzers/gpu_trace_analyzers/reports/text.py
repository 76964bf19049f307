"""The summary in a terminal."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from ..model import Engine
from .sentences import nothing_recorded, overlap_lines, reading_notes, source_line, verdict
from .tables import engine_table, pair_table, range_table
from .units import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from ..questions.overlap import DeviceFigures
    from ..summary import Summary
    from .tables import Table

RANGES_SHOWN = 30
_BAR_WIDTH = 24
_EIGHTHS = " ▏▎▍▌▋▊▉"
_STYLES = {Engine.COMPUTE: "green", Engine.COLLECTIVE: "magenta", Engine.MEMSET: "dim", Engine.UNKNOWN: "red"}
_COPY_STYLE = "cyan"


def to_text(summary: Summary, *, width: int = 100, color: bool = False) -> str:
    """The whole summary, ``width`` columns wide; with ANSI colours where ``color``."""
    out = StringIO()
    # An explicit colour system: rich would otherwise look at the environment of whoever calls.
    console = Console(
        file=out, width=width, force_terminal=color, color_system="standard" if color else None, highlight=False
    )
    console.print(_summary(summary))
    return "\n".join(line.rstrip() for line in out.getvalue().split("\n"))


def _summary(summary: Summary) -> RenderableType:
    parts: list[RenderableType] = [Text(source_line(summary.source), style="dim")]
    parts += [Text(note, style="yellow") for note in reading_notes(summary.source)]
    parts += [part for figures in summary.devices for part in _device(figures)]
    if not summary.devices:
        parts += ["", Text(nothing_recorded(summary))]
    if summary.pairs:
        parts += ["", _table(pair_table(summary))]
    if summary.ranges:
        parts += ["", *_ranges(summary)]
    return Group(*parts)


def _device(figures: DeviceFigures) -> Sequence[RenderableType]:
    headline = Text.assemble((figures.device.label, "bold"), ": ", verdict(figures))
    lines = [Padding(Text(line), (0, 0, 0, 2)) for line in overlap_lines(figures)]
    return ["", headline, Padding(_engines(figures), (0, 0, 0, 1)), *lines]


def _engines(figures: DeviceFigures) -> RichTable:
    table = engine_table(figures)
    drawn = _empty_table(table, extra_after=2)
    busy = [(row.busy_ns, _STYLES.get(row.engine, _COPY_STYLE)) for row in figures.engines.values()]
    for cells, (ns, style) in zip(table.rows, [*busy, (figures.idle_ns, "dim")], strict=True):
        bar = Text(_bar(ns, figures.span_ns), style=style)
        drawn.add_row(*(Text(cell) for cell in cells[:2]), bar, *(Text(cell) for cell in cells[2:]))
    return drawn


def _ranges(summary: Summary) -> Sequence[RenderableType]:
    parts: list[RenderableType] = [_table(range_table(summary.ranges[:RANGES_SHOWN], summary))]
    if len(summary.ranges) > RANGES_SHOWN:
        more = count(len(summary.ranges) - RANGES_SHOWN, "more row")
        parts.append(Text(f"and {more}; all are in --json", style="dim"))
    return parts


def _table(table: Table) -> RichTable:
    drawn = _empty_table(table)
    for cells in table.rows:
        drawn.add_row(*(Text(cell) for cell in cells))
    return drawn


def _empty_table(table: Table, extra_after: int | None = None) -> RichTable:
    drawn = RichTable(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for position, heading in enumerate(table.headings):
        if position == extra_after:
            drawn.add_column("", no_wrap=True, width=_BAR_WIDTH)
        if position == 0:
            drawn.add_column(heading, no_wrap=True, overflow="ellipsis")
        else:
            # Only a name may be cut short; half a figure is a wrong figure.
            width = max(len(row[position]) for row in (table.headings, *table.rows))
            drawn.add_column(heading, justify="left" if position < table.words else "right", min_width=width)
    return drawn


def _bar(part: int, whole: int) -> str:
    """A bar as long as the part is of the whole, to an eighth of a column; something is never drawn as nothing."""
    eighths = round(8 * _BAR_WIDTH * part / whole) if whole else 0
    full, rest = divmod(max(eighths, 1 if part else 0), 8)
    return "█" * full + _EIGHTHS[rest].strip()
