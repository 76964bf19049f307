"""The summary in a terminal."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from ..model import Engine
from .sentences import (
    evidence_line,
    nothing_recorded,
    overlap_lines,
    reading_notes,
    remedy_line,
    source_line,
    verdict,
)
from .tables import engine_table, pair_table, range_table
from .units import count, duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import ConsoleOptions, JustifyMethod, RenderableType, RenderResult

    from ..questions.overlap import DeviceFigures
    from ..questions.verdicts import CauseFigures
    from ..summary import Summary
    from .tables import Table

RANGES_SHOWN = 30
IDLE_SHOWN_FROM = 0.02
"""Share of the span from which idle time is explained here; it always is in --json."""
CAUSE_SHOWN_FROM = 0.02
"""Share of the exposed (or idle) time below which a cause is not worth a line here."""
_BAR_WIDTH = 24
_GAP = 2
_NAME_WIDTH = 8
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
    parts += [part for figures in summary.devices for part in _device(figures, summary)]
    if not summary.devices:
        parts += ["", Text(nothing_recorded(summary))]
    if summary.pairs:
        parts += ["", _table(pair_table(summary))]
    if summary.ranges:
        parts += ["", *_ranges(summary)]
    return Group(*parts)


def _device(figures: DeviceFigures, summary: Summary) -> Sequence[RenderableType]:
    exposed, idle = summary.exposed_on(figures.position), summary.idle_on(figures.position)
    headline = Text.assemble((figures.device.label, "bold"), ": ", verdict(figures, exposed))
    lines: list[RenderableType] = [_indented(Text(line)) for line in overlap_lines(figures)]
    lines += [part for row in exposed for part in _cause(row, "exposed", figures.exposed_copy_ns)]
    if figures.idle_ns >= figures.span_ns * IDLE_SHOWN_FROM:
        lines += [part for row in idle for part in _cause(row, "idle", figures.idle_ns)]
    return ["", headline, _indented(_engines(figures), 1), *lines]


def _cause(row: CauseFigures, what: str, whole_ns: int) -> Sequence[RenderableType]:
    """The cause and its share, what to do about it, and below it the evidence."""
    if row.ns < whole_ns * CAUSE_SHOWN_FROM:
        return []
    often = f"{duration(row.ns)} in {count(row.count, 'stretch', 'stretches')}"
    parts: list[RenderableType] = [_indented(Text.assemble((f"{what}: ", "dim"), (row.title, "bold"), f", {often}"))]
    if remedy_line(row):
        parts.append(_indented(Text.assemble(("→ ", "green"), remedy_line(row)), 4))
    return [*parts, _indented(Text(evidence_line(row.evidence), style="dim"), 4)]


def _indented(part: RenderableType, by: int = 2) -> RenderableType:
    return Padding(part, (0, 0, 0, by))


def _engines(figures: DeviceFigures) -> RenderableType:
    table = engine_table(figures)
    drawn = _empty_table(table, extra_after=2)
    busy = [(row.busy_ns, _STYLES.get(row.engine, _COPY_STYLE)) for row in figures.engines.values()]
    for cells, (ns, style) in zip(table.rows, [*busy, (figures.idle_ns, "dim")], strict=True):
        bar = Text(_bar(ns, figures.span_ns), style=style)
        drawn.add_row(*(Text(cell) for cell in cells[:2]), bar, *(Text(cell) for cell in cells[2:]))
    return _Fitted(drawn)


def _ranges(summary: Summary) -> Sequence[RenderableType]:
    parts: list[RenderableType] = [_table(range_table(summary.ranges[:RANGES_SHOWN], summary))]
    if len(summary.ranges) > RANGES_SHOWN:
        more = count(len(summary.ranges) - RANGES_SHOWN, "more row")
        parts.append(Text(f"and {more}; all are in --json", style="dim"))
    return parts


def _table(table: Table) -> RenderableType:
    drawn = _empty_table(table)
    for cells in table.rows:
        drawn.add_row(*(Text(cell) for cell in cells))
    return _Fitted(drawn)


def _empty_table(table: Table, extra_after: int | None = None) -> RichTable:
    drawn = RichTable(box=None, pad_edge=False, header_style="dim", padding=(0, _GAP, 0, 0))
    widths = [max(map(len, column)) for column in zip(table.headings, *table.rows, strict=True)]
    for position, heading in enumerate(table.headings):
        if position == extra_after:
            drawn.add_column("", no_wrap=True, width=_BAR_WIDTH)
        if position == 0:
            # Only a name may be cut short; half a figure is a wrong figure.
            drawn.add_column(heading, no_wrap=True, overflow="ellipsis", max_width=widths[0])
        else:
            side: JustifyMethod = "left" if position < table.words else "right"
            drawn.add_column(heading, justify=side, no_wrap=True, width=widths[position])
    return drawn


class _Fitted:
    """A table whose first column takes what the others leave: rich would rather leave out the last columns."""

    def __init__(self, drawn: RichTable) -> None:
        self._drawn = drawn

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        first, *others = self._drawn.columns
        left = options.max_width - sum((column.width or 0) + _GAP for column in others)
        first.width = max(_NAME_WIDTH, min(first.max_width or 0, left - _GAP))
        yield self._drawn


def _bar(part: int, whole: int) -> str:
    """A bar as long as the part is of the whole, to an eighth of a column; something is never drawn as nothing."""
    eighths = round(8 * _BAR_WIDTH * part / whole) if whole else 0
    full, rest = divmod(max(eighths, 1 if part else 0), 8)
    return "█" * full + _EIGHTHS[rest].strip()
