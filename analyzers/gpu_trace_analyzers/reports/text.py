"""The summary in a terminal."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from ..model import Engine
from ..units import count, duration
from .fitting import GAP, fitted, widths
from .plain import plain
from .sentences import (
    devices_line,
    evidence_line,
    nothing_recorded,
    overlap_lines,
    pairs_line,
    range_notes,
    rank_line,
    reading_notes,
    remedy_line,
    source_line,
    verdict,
)
from .tables import collective_table, engine_table, pair_table, range_table, step_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from ..questions.explained import CauseFigures
    from ..questions.overlap import DeviceFigures
    from ..summary import Summary
    from .tables import Table

DEVICES_SHOWN = 8
"""Of more devices, those with the worst figures are shown here."""
ROWS_SHOWN = 30
"""of a table of ranges, steps or collectives"""
IDLE_SHOWN_FROM = 0.02
"""Share of the span from which idle time is explained here; it always is in --json."""
CAUSE_SHOWN_FROM = 0.02
"""Share of the exposed (or idle) time below which a cause is not worth a line here."""
_BAR_WIDTH = 24
_SHORTEST_BAR = 6
_EIGHTHS = " ▏▎▍▌▋▊▉"
_STYLES = {Engine.COMPUTE: "green", Engine.COLLECTIVE: "magenta", Engine.MEMSET: "dim", Engine.UNKNOWN: "red"}
_COPY_STYLE = "cyan"


def to_text(summary: Summary, *, width: int = 100, color: bool = False) -> str:
    """The whole summary, ``width`` columns wide; with ANSI colors where ``color``."""
    out = StringIO()
    # An explicit color system: otherwise rich looks at the environment of the caller.
    console = Console(
        file=out, width=width, force_terminal=color, color_system="standard" if color else None, highlight=False
    )
    console.print(_summary(summary, width))
    return plain("\n".join(line.rstrip() for line in out.getvalue().split("\n")))


def _summary(summary: Summary, width: int) -> RenderableType:
    parts: list[RenderableType] = [Text(source_line(summary), style="dim")]
    parts += [Text(note, style="yellow") for note in reading_notes(summary)]
    shown = _worst(summary)
    parts += [part for figures in shown for part in _device(figures, summary, width)]
    parts += [
        part for part in ("", Text(devices_line(summary, shown), style="dim")) if len(shown) < len(summary.devices)
    ]
    if not summary.devices:
        parts += ["", Text(nothing_recorded(summary))]
    if rank_line(summary):
        parts += ["", Text(rank_line(summary), style="bold")]
    if summary.pairs:
        parts += ["", _table(pair_table(summary), width)]
    if summary.pairs_omitted:
        parts += ["", Text(pairs_line(summary), style="dim")]
    if summary.collectives:
        parts += _rows(collective_table(summary), width)
    if summary.shown_ranges:
        parts += _rows(range_table(summary.shown_ranges, summary), width)
    parts += [Text(line, style="dim") for line in range_notes(summary)]
    if len(summary.steps) > len(summary.devices):
        parts += _rows(step_table(summary), width)
    return Group(*parts)


def _worst(summary: Summary) -> list[DeviceFigures]:
    """The devices to show: all, or of many those with the most exposed copying (of equals: idle time), in order."""
    bad = sorted(summary.devices, key=lambda figures: (-figures.exposed_copy_ns, -figures.idle_ns))[:DEVICES_SHOWN]
    return sorted(bad, key=lambda figures: figures.position)


def _device(figures: DeviceFigures, summary: Summary, width: int) -> Sequence[RenderableType]:
    exposed, idle = summary.exposed_on(figures.position), summary.idle_on(figures.position)
    headline = Text.assemble((figures.device.label, "bold"), ": ", verdict(figures, exposed))
    lines: list[RenderableType] = [_indented(Text(line)) for line in overlap_lines(figures)]
    lines += [part for row in exposed for part in _cause(row, "exposed", figures.exposed_copy_ns)]
    if figures.idle_ns >= figures.span_ns * IDLE_SHOWN_FROM:
        lines += [part for row in idle for part in _cause(row, "idle", figures.idle_ns)]
    return ["", headline, _indented(_engines(figures, width - 1), 1), *lines]


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


def _engines(figures: DeviceFigures, width: int) -> RichTable:
    """The table of engines, with bars in whatever room it leaves."""
    table, _ = fitted(engine_table(figures), width)
    bar = min(_BAR_WIDTH, width - sum(widths(table)) - GAP * len(table.headings))
    drawn = _empty_table(table, bar if bar >= _SHORTEST_BAR else 0)
    busy = [(row.busy_ns, _STYLES.get(row.engine, _COPY_STYLE)) for row in figures.engines.values()]
    for cells, (ns, style) in zip(table.rows, [*busy, (figures.idle_ns, "dim")], strict=True):
        bars = [Text(_bar(ns, figures.span_ns, bar), style=style)] if bar >= _SHORTEST_BAR else []
        drawn.add_row(*(Text(cell) for cell in cells[:2]), *bars, *(Text(cell) for cell in cells[2:]))
    return drawn


def _rows(table: Table, width: int) -> Sequence[RenderableType]:
    parts: list[RenderableType] = ["", _table(replace(table, rows=table.rows[:ROWS_SHOWN]), width)]
    if len(table.rows) > ROWS_SHOWN:
        parts.append(Text(f"and {count(len(table.rows) - ROWS_SHOWN, 'more row')}; all are in --json", style="dim"))
    return parts


def _table(table: Table, width: int) -> RichTable:
    table, _ = fitted(table, width)
    drawn = _empty_table(table)
    for cells in table.rows:
        drawn.add_row(*(Text(cell) for cell in cells))
    return drawn


def _empty_table(table: Table, bar: int = 0) -> RichTable:
    """Headings alone; with a column for bars after the second, where it has a width."""
    drawn = RichTable(box=None, pad_edge=False, header_style="dim", padding=(0, GAP, 0, 0))
    for position, heading in enumerate(table.headings):
        if bar and position == 2:
            drawn.add_column("", no_wrap=True, width=bar)
        drawn.add_column(heading, no_wrap=True, justify="left" if position < table.words else "right")
    return drawn


def _bar(part: int, whole: int, width: int) -> str:
    """A bar as long as the part is of the whole, to an eighth of a column; something is never drawn as nothing."""
    eighths = round(8 * width * part / whole) if whole else 0
    full, rest = divmod(max(eighths, 1 if part else 0), 8)
    return "█" * full + _EIGHTHS[rest].strip()
