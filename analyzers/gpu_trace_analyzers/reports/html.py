"""The summary as one page that needs no network: figures, causes and a timeline to zoom into.

The page's content policy allows just this script and this style, by their hashes, and no connection to anywhere.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from ..whatif.entry import entry_of
from . import bundling
from .html_parts import escaped, part_html, section_html
from .html_timeline import data_html, timeline_html
from .lanes import Timeline
from .parts import Causes, Facts, Line, Note, Remark, Source, Table, Tiles, Verdict
from .sections import sections
from .what_if import what_if_section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..analysis import Analysis
    from ..summary import Summary
    from ..whatif.answer import WhatIf
    from .parts import Part, Section

_HEAD = (Source, Note, Verdict, Line)
_OF_DEVICE = (Verdict, Tiles, Causes, Table, Facts)
"""The order of parts on the page, which has room to show first what decides."""


def to_html(analysis: Analysis, summary: Summary, what_if: WhatIf | None = None) -> str:
    """The page as text. ``summary`` is that of the analysis, and may show the ranges of libraries too.

    ``what_if``: an answer about the same trace, which the page shows beside what was recorded.
    """
    style, script = bundling.style(), bundling.script()
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'"
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{escaped(policy)}">'
        f"<title>{escaped(summary.source.path)} · overlap</title><style>{style}</style>"
    )
    timeline = Timeline(analysis, summary, what_if) if summary.devices else None
    predicted = [what_if_section(entry_of(what_if, analysis.trace))] if what_if else []
    body = "\n".join(_body(list(sections(summary)), timeline, predicted))
    tail = (data_html(timeline) if timeline else "") + f"<script>{script}</script>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body><main>\n{body}\n</main>{tail}</body></html>\n'


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _body(found: Sequence[Section], timeline: Timeline | None, predicted: Sequence[Section] = ()) -> list[str]:
    """What is said of everything, the devices, what is predicted, the timeline, the tables; the remarks below all."""
    whole = [part for section in found if not section.of_device for part in section.parts]
    head = sorted((part for part in whole if isinstance(part, _HEAD)), key=lambda part: _HEAD.index(type(part)))
    remarks = [part for part in whole if isinstance(part, Remark)]
    devices = [section_html(section.title, sorted(section.parts, key=_place)) for section in found if section.of_device]
    others = [
        section_html(section.title, parts)
        for section in found
        if not section.of_device and (parts := [p for p in section.parts if not isinstance(p, (*_HEAD, Remark))])
    ]
    title = f"<h1>{escaped(found[0].title)}</h1>" + "".join(map(part_html, head))
    devices += [section_html(section.title, section.parts) for section in predicted]
    drawn = [timeline_html(timeline)] if timeline else []
    return [title, *devices, *drawn, *others, *map(part_html, remarks)]


def _place(part: Part) -> int:
    """Of a part in the section of a device: large figures and causes first, and last what is folded."""
    folded = isinstance(part, Causes) and bool(part.title)
    return len(_OF_DEVICE) + folded if folded or type(part) not in _OF_DEVICE else _OF_DEVICE.index(type(part))
