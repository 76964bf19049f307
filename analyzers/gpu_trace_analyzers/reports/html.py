"""The summary as one page that needs no network: figures, causes and a timeline to zoom into.

All names in a trace are untrusted text: they are escaped in the page, and in the data that its script draws as text.
The page's content policy allows just this script and this style, by their hashes, and no connection to anywhere.
"""

from __future__ import annotations

import base64
import hashlib
import html
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec

from ..units import NONE, count, duration, ratio, share
from .lanes import Timeline
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
from .tables import collective_table, engine_table, pair_table, range_table, step_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..analysis import Analysis
    from ..questions.explained import CauseFigures
    from ..questions.overlap import DeviceFigures
    from ..summary import Summary
    from .tables import Table

_LEGEND = (
    ("compute", "compute"),
    ("collective", "collective"),
    ("copy", "copy"),
    ("memset", "memset"),
    ("exposed", "exposed copy: nothing computed meanwhile"),
    ("range", "range on the host"),
)
_BUTTONS = (
    ("in", "+", "zoom in"),
    ("out", "−", "zoom out"),
    ("left", "◀", "earlier"),
    ("right", "▶", "later"),
    ("all", "all", "show everything"),
    ("next", "next exposed copy", "go to the next exposed copy"),
)


def to_html(analysis: Analysis, summary: Summary) -> str:
    """The page as text. ``summary`` is that of the analysis, and may show the ranges of libraries too."""
    style, script = _asset("page.css"), _asset("spans.js") + _asset("page.js")
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'"
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_text(policy)}">'
        f"<title>{_text(summary.source.path)} · overlap</title><style>{style}</style>"
    )
    timeline = Timeline(analysis, summary) if summary.devices else None
    body = "\n".join([_head(summary), *_devices(summary), _timeline(timeline), *_details(summary)])
    tail = _data(timeline) + f"<script>{script}</script>" if timeline else ""
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body><main>\n{body}\n</main>{tail}</body></html>\n'


def _text(text: str) -> str:
    return html.escape(plain(text))


def _asset(name: str) -> str:
    return files(__package__).joinpath("page", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _data(timeline: Timeline) -> str:
    """A block that no name can leave: without ``<`` there is no ``</script>`` and no comment."""
    text = msgspec.json.encode(timeline.document()).decode().replace("<", "\\u003c")
    return f'<script type="application/json" id="data">{text}</script>'


def _head(summary: Summary) -> str:
    notes = "".join(f'<p class="note">{_text(note)}</p>' for note in reading_notes(summary))
    nothing = "" if summary.devices else f"<section>{_text(nothing_recorded(summary))}</section>"
    slow = f'<p class="verdict">{_text(line)}</p>' if (line := rank_line(summary)) else ""
    return f'<h1>Overlap summary</h1><p class="source">{_text(source_line(summary))}</p>{notes}{slow}{nothing}'


def _devices(summary: Summary) -> list[str]:
    return [_device(figures, summary) for figures in summary.devices]


def _device(figures: DeviceFigures, summary: Summary) -> str:
    exposed, idle = summary.exposed_on(figures.position), summary.idle_on(figures.position)
    causes = [_cause(row, "exposed", figures.exposed_copy_ns) for row in exposed]
    idle_rows = [_cause(row, "idle", figures.idle_ns) for row in idle]
    why_idle = f"<details><summary>Why it was idle: {duration(figures.idle_ns)}</summary>{''.join(idle_rows)}</details>"
    lines = "".join(f'<p class="hint">{_text(line)}</p>' for line in overlap_lines(figures))
    return (
        f"<section><h2>{_text(figures.device.label)}</h2>"
        f'<p class="verdict">{_text(verdict(figures, exposed))}</p>{_tiles(figures)}{"".join(causes)}'
        f"{_table(engine_table(figures))}{lines}{why_idle if idle_rows else ''}</section>"
    )


def _tiles(figures: DeviceFigures) -> str:
    exposed = duration(figures.exposed_copy_ns) if figures.copy_ns else NONE
    tiles = [
        (ratio(figures.overlap_ratio), "overlap ratio", ""),
        (exposed, "exposed copy", "bad" if figures.exposed_copy_ns else ""),
        (duration(figures.headroom_ns), "perfect overlap would save", ""),
        (duration(figures.span_ns), "span", ""),
        (share(figures.idle_ns, figures.span_ns), "idle", ""),
    ]
    cells = "".join(f'<li class="{kind}"><b>{value}</b><span>{name}</span></li>' for value, name, kind in tiles)
    return f'<ul class="tiles">{cells}</ul>'


def _cause(row: CauseFigures, what: str, whole_ns: int) -> str:
    remedy = f'<p class="do">{_text(remedy_line(row))}</p>' if row.remedy else ""
    often = f"{duration(row.ns)} ({share(row.ns, whole_ns)}) in {count(row.count, 'stretch', 'stretches')}"
    return (
        f'<div class="cause {what}"><b>{what}: {_text(row.title)}</b><p>{often}</p>{remedy}'
        f'<p class="evidence">{_text(evidence_line(row.evidence))}</p></div>'
    )


def _timeline(timeline: Timeline | None) -> str:
    if timeline is None:
        return ""
    buttons = "".join(
        f'<button type="button" data-do="{do}" aria-label="{label}" title="{label}">{text}</button>'
        for do, text, label in _BUTTONS
    )
    legend = "".join(f'<li><i class="{kind}"></i>{text}</li>' for kind, text in _LEGEND)
    return (
        f'<section><h2>Timeline</h2><div class="bar">{buttons}<output id="shown"></output></div>'
        '<div id="timeline"><canvas tabindex="0" role="img" aria-label="Timeline of engines and ranges"></canvas></div>'
        f'<p id="tip">Point at something, or tap it.</p><ul class="legend">{legend}</ul>'
        '<p class="hint">A lane is filled as high as it was busy; beside its name is its share of the time in view. '
        "A thin line below it marks what is too little to be drawn.</p>"
        '<p class="hint">Drag to move; pinch, double-click or Ctrl + wheel to zoom.</p>'
        "<noscript>The timeline needs JavaScript.</noscript></section>"
    )


def _details(summary: Summary) -> list[str]:
    parts = [
        ("Devices at once", pair_table(summary) if summary.pairs else None),
        ("Collectives", collective_table(summary) if summary.collectives else None),
        ("Ranges", range_table(summary.shown_ranges, summary) if summary.shown_ranges else None),
        ("Steps", step_table(summary) if len(summary.steps) > len(summary.devices) else None),
    ]
    shown = [f"<section><h2>{title}</h2>{_table(table)}</section>" for title, table in parts if table]
    notes = [line for line in (pairs_line(summary), *range_notes(summary)) if line]
    return [*shown, *(f'<p class="hint">{_text(line)}</p>' for line in notes)]


def _table(table: Table) -> str:
    heads = _cells("th", table.headings, table.words)
    rows = "".join(f"<tr>{_cells('td', row, table.words)}</tr>" for row in table.rows)
    return f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def _cells(tag: str, cells: Sequence[str], words: int) -> str:
    return "".join(
        f'<{tag} class="word">{_text(cell)}</{tag}>' if i < words else f"<{tag}>{_text(cell)}</{tag}>"
        for i, cell in enumerate(cells)
    )
