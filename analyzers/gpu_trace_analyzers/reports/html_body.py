"""What stands on the page, and in which order: the answer with its account, the time itself, and then every detail."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .html_page import header_html
from .html_parts import escaped, part_html, section_html
from .html_timeline import timeline_html
from .lanes import zero_of
from .panels.account import account_panel
from .panels.before_after import before_after_panel
from .panels.flames import flames_panel
from .parts import Causes, Facts, Line, Note, Remark, Source, Table, Tiles, Verdict
from .sections import sections
from .sections.job_verdict import answer
from .what_if import what_if_section

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..analysis import Analysis
    from ..summary import Summary
    from ..whatif.document import Entry
    from .lanes import Timeline
    from .parts import Part, Section

_HEAD = (Verdict, Source, Note, Line)
_OF_DEVICE = (Verdict, Tiles, Causes, Table, Facts)
"""The order of parts on the page, which has room to show first what decides."""


def page_body(analysis: Analysis, summary: Summary, timeline: Timeline | None, entry: Entry | None) -> str:
    """All of it. ``entry``: an answer to *what if* about the same trace; ``timeline``: None without a device."""
    zero_ns, said = zero_of(summary), answer(summary)
    found = list(_once(list(sections(summary)), said))
    return "\n".join(
        (
            *head(found, said, zero_ns),
            account_panel(summary, zero_ns),
            before_after_panel(entry) if entry else "",
            timeline_html(timeline) if timeline else "",
            *([section_html(each.title, each.parts, zero_ns) for each in (what_if_section(entry),)] if entry else ()),
            flames_panel(analysis, summary),
            *details(found, zero_ns),
        )
    )


def head(found: Sequence[Section], said: str, zero_ns: int) -> Iterator[str]:
    """The source, the answer, and what is said of everything."""
    whole = (part for section in found if not section.of_device for part in section.parts)
    parts = sorted((part for part in whole if isinstance(part, _HEAD)), key=lambda part: _HEAD.index(type(part)))
    source = next((part for part in parts if isinstance(part, Source)), Source(""))
    yield header_html(part_html(source, zero_ns))
    yield f"<h1>{escaped(said[:1].upper() + said[1:])}</h1>"
    yield from (part_html(part, zero_ns) for part in parts if part is not source)


def details(found: Sequence[Section], zero_ns: int) -> Iterator[str]:
    """The devices, the tables, and the remarks below all."""
    for section in found:
        if section.of_device:
            yield section_html(section.title, sorted(section.parts, key=_place), zero_ns)
    others = [section for section in found if not section.of_device]
    for section in others:
        if parts := [part for part in section.parts if not isinstance(part, (*_HEAD, Remark))]:
            yield section_html(section.title, parts, zero_ns)
    remarks = (part for section in others for part in section.parts if isinstance(part, Remark))
    yield from (part_html(part, zero_ns) for part in remarks)


def _once(found: Sequence[Section], said: str) -> Iterator[Section]:
    """The sections without the sentence that is the page's heading, where they are of nothing less than it is of."""
    alone = sum(section.of_device for section in found) == 1
    for section in found:
        parts = (
            section.parts if section.of_device and not alone else tuple(_below(each, said) for each in section.parts)
        )
        yield replace(section, parts=parts)


def _below(part: Part, said: str) -> Part:
    """A verdict that was said, without its first line."""
    return replace(part, text="") if isinstance(part, Verdict) and part.text == said else part


def _place(part: Part) -> int:
    """Of a part in the section of a device: large figures and causes first, and last what is folded."""
    folded = isinstance(part, Causes) and bool(part.title)
    return len(_OF_DEVICE) + folded if folded or type(part) not in _OF_DEVICE else _OF_DEVICE.index(type(part))
