"""The summary as a markdown page: what a run folder keeps, and what fits into a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..units import count, duration
from .plain import plain
from .sentences import (
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
from .tables import collective_table, engine_table, idle_table, pair_table, range_table, step_table

if TYPE_CHECKING:
    from ..questions.explained import CauseFigures
    from ..questions.overlap import DeviceFigures
    from ..summary import Summary
    from .tables import Table

_SPECIAL = str.maketrans({c: "\\" + c for c in "\\`*_{}[]<>|#~"} | {"\n": " ", "\r": " "})


def to_markdown(summary: Summary) -> str:
    """The whole summary. Names from the trace are text, whatever characters they have."""
    blocks = ["# Overlap summary", _escape(source_line(summary))]
    blocks += [f"> {_escape(note)}" for note in reading_notes(summary)]
    blocks += [block for figures in summary.devices for block in _device(figures, summary)]
    if not summary.devices:
        blocks.append(_escape(nothing_recorded(summary)))
    if rank_line(summary):
        blocks.append(f"**{_escape(rank_line(summary))}**")
    if summary.pairs:
        blocks += ["## Devices at once", _table(pair_table(summary))]
    if summary.pairs_omitted:
        blocks.append(_escape(pairs_line(summary)))
    if summary.collectives:
        blocks += ["## Collectives", _table(collective_table(summary))]
    if summary.shown_ranges:
        blocks += ["## Ranges", _table(range_table(summary.shown_ranges, summary))]
    blocks += [_escape(line) for line in range_notes(summary)]
    if len(summary.steps) > len(summary.devices):
        blocks += ["## Steps", _table(step_table(summary))]
    return plain("\n\n".join(blocks) + "\n")


def page(title: str, table: Table) -> str:
    """A page of one table."""
    return plain(f"# {_escape(title)}\n\n{_table(table)}\n")


def _device(figures: DeviceFigures, summary: Summary) -> list[str]:
    exposed, idle = summary.exposed_on(figures.position), summary.idle_on(figures.position)
    blocks = [f"## {_escape(figures.device.label)}", f"**{_escape(verdict(figures, exposed))}**"]
    blocks.append(_table(engine_table(figures)))
    blocks.append("\n".join(f"- {_escape(line)}" for line in overlap_lines(figures)))
    blocks.append("\n".join(_cause(row) for row in exposed))
    blocks.append(_table(idle_table(idle, figures)) if idle else "")
    return [block for block in blocks if block]


def _cause(row: CauseFigures) -> str:
    head = f"- exposed {duration(row.ns)}: **{_escape(row.title)}** ({count(row.count, 'stretch', 'stretches')})"
    remedy = [f"  - do: {_escape(remedy_line(row))}"] if row.remedy else []
    return "\n".join([head, *remedy, f"  - {_escape(evidence_line(row.evidence))}"])


def _table(table: Table) -> str:
    rule = [":--" if position < table.words else "--:" for position in range(len(table.headings))]
    rows = [table.headings, rule, *(tuple(_cell(cell) for cell in row) for row in table.rows)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _cell(text: str) -> str:
    """Leading spaces show how deep a range lies; markdown would drop them."""
    indent = len(text) - len(text.lstrip(" "))
    return "&nbsp;" * indent + _escape(text[indent:])


def _escape(text: str) -> str:
    return text.translate(_SPECIAL)
