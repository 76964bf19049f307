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

from ..whatif.entry import entry_of
from .lanes import Timeline
from .parts import Causes, Changes, Facts, Kind, Line, Note, Remark, Source, Table, Tiles, Verdict
from .plain import plain
from .sections import sections
from .what_if import what_if_section

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..analysis import Analysis
    from ..summary import Summary
    from ..whatif.answer import WhatIf
    from .parts import Cause, Change, Column, Part, Section

_HEAD = (Source, Note, Verdict, Line)
_CLASSES: dict[type[Part], str] = {Source: "source", Note: "note", Remark: "hint"}
_OF_DEVICE = (Verdict, Tiles, Causes, Table, Facts)
"""The order of parts on the page, which has room to show first what decides."""
_LEGEND = (
    ("compute", "compute"),
    ("collective", "collective"),
    ("copy", "copy"),
    ("memset", "memset"),
    ("exposed", "exposed copy (no compute ran)"),
    ("range", "range on the host"),
)
_LEGEND_OF_PREDICTED = (("critical", "critical path of the prediction"),)
_BUTTONS = (
    ("in", "+", "zoom in"),
    ("out", "−", "zoom out"),
    ("left", "◀", "earlier"),
    ("right", "▶", "later"),
    ("all", "all", "show everything"),
    ("next", "next exposed copy", "go to the next exposed copy"),
)


def to_html(analysis: Analysis, summary: Summary, what_if: WhatIf | None = None) -> str:
    """The page as text. ``summary`` is that of the analysis, and may show the ranges of libraries too.

    ``what_if``: an answer about the same trace, which the page shows beside what was recorded.
    """
    style, script = _asset("page.css"), _asset("spans.js") + _asset("page.js")
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'"
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_text(policy)}">'
        f"<title>{_text(summary.source.path)} · overlap</title><style>{style}</style>"
    )
    timeline = Timeline(analysis, summary, what_if) if summary.devices else None
    predicted = [what_if_section(entry_of(what_if, analysis.trace))] if what_if else []
    body = "\n".join(_body(list(sections(summary)), timeline, predicted))
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


def _body(found: Sequence[Section], timeline: Timeline | None, predicted: Sequence[Section] = ()) -> list[str]:
    """What is said of everything, the devices, what is predicted, the timeline, the tables; the remarks below all."""
    whole = [part for section in found if not section.of_device for part in section.parts]
    head = sorted((part for part in whole if isinstance(part, _HEAD)), key=lambda part: _HEAD.index(type(part)))
    remarks = [part for part in whole if isinstance(part, Remark)]
    devices = [_section(section.title, sorted(section.parts, key=_place)) for section in found if section.of_device]
    others = [
        _section(section.title, parts)
        for section in found
        if not section.of_device and (parts := [p for p in section.parts if not isinstance(p, (*_HEAD, Remark))])
    ]
    title = f"<h1>{_text(found[0].title)}</h1>" + "".join(map(_part, head))
    devices += [_section(section.title, section.parts) for section in predicted]
    return [title, *devices, _timeline(timeline), *others, *map(_part, remarks)]


def _place(part: Part) -> int:
    """Of a part in the section of a device: large figures and causes first, and last what is folded."""
    folded = isinstance(part, Causes) and bool(part.title)
    return len(_OF_DEVICE) + folded if folded or type(part) not in _OF_DEVICE else _OF_DEVICE.index(type(part))


def _section(title: str, parts: Iterable[Part]) -> str:
    return f"<section><h2>{_text(title)}</h2>{''.join(map(_part, parts))}</section>"


def _part(part: Part) -> str:
    match part:
        case Source(text) | Note(text) | Remark(text):
            return f'<p class="{_CLASSES[type(part)]}">{_text(text)}</p>'
        case Verdict(text, below):
            lines = "".join(f'<p class="below">{_text(line)}</p>' for line in below)
            return f'<p class="verdict">{_text(text)}</p>{lines}'
        case Line(text):
            return f"<section>{_text(text)}</section>"
        case Facts(lines):
            return "".join(f'<p class="hint">{_text(line)}</p>' for line in lines)
        case Table():
            return _table(part)
        case Causes():
            causes = "".join(_cause(row, part.whole) for row in part.rows)
            return f"<details><summary>{_text(part.title)}</summary>{causes}</details>" if part.title else causes
        case Changes(rows):
            return f'<ol class="changes">{"".join(map(_change, rows))}</ol>'
        case Tiles():
            return _tiles(part)


def _tiles(found: Tiles) -> str:
    cells = "".join(
        f'<li class="{"bad" if tile.bad else ""}"><b>{_text(tile.value)}</b><span>{_text(tile.name)}</span></li>'
        for tile in found.tiles
    )
    return f'<ul class="tiles">{cells}</ul>'


def _cause(row: Cause, whole: str) -> str:
    place = f'<p title="{_text(row.full_place)}">{_text(row.place)}</p>' if row.place else ""
    fix = f'<p class="do">fix: {_text(row.remedy)}</p>' if row.remedy else ""
    evidence = "<br>".join(map(_text, row.evidence))
    return (
        f'<div class="cause {row.kind}"><b>{_text(row.what)} {row.time} in {row.often}: {_text(row.title)}</b>'
        f"<p>{row.share} of {_text(whole)}{_text(row.saves)}</p>{place}{fix}"
        f'<p class="evidence">{evidence}</p></div>'
    )


def _change(row: Change) -> str:
    how = "".join(f'<p class="hint">{_text(line)}</p>' for line in row.how)
    return f'<li><b>{_text(row.text)}</b><p class="do">{_text(row.saving)}</p>{how}</li>'


def _timeline(timeline: Timeline | None) -> str:
    if timeline is None:
        return ""
    buttons = "".join(
        f'<button type="button" data-do="{do}" aria-label="{label}" title="{label}">{text}</button>'
        for do, text, label in _BUTTONS
    )
    kinds = _LEGEND if timeline.predicted is None else _LEGEND + _LEGEND_OF_PREDICTED
    legend = "".join(f'<li><i class="{kind}"></i>{text}</li>' for kind, text in kinds)
    return (
        f'<section><h2>Timeline</h2><div class="bar">{buttons}<output id="shown"></output></div>'
        '<div id="timeline"><canvas tabindex="0" role="img" aria-label="Timeline of engines and ranges"></canvas></div>'
        f'<p id="tip">Point at something, or tap it.</p><ul class="legend">{legend}</ul>'
        '<p class="hint">A lane is filled as high as it was busy; beside its name is its share of the time in view. '
        "A thin line below it marks what is too little to be drawn.</p>"
        '<p class="hint">Drag to move; pinch, double-click or Ctrl + wheel to zoom.</p>'
        "<noscript>The timeline needs JavaScript.</noscript></section>"
    )


def _table(table: Table) -> str:
    heads = _cells("th", table.headings, table.columns)
    rows = "".join(f"<tr>{_cells('td', row, table.columns)}</tr>" for row in table.rows)
    return f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def _cells(tag: str, cells: Sequence[str], columns: Sequence[Column]) -> str:
    return "".join(
        f'<{tag} class="word">{_text(cell)}</{tag}>' if column.kind is Kind.WORD else f"<{tag}>{_text(cell)}</{tag}>"
        for cell, column in zip(cells, columns, strict=True)
    )
