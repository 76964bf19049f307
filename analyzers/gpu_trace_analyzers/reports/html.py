"""The summary as one page that needs no network: figures, causes and a timeline to zoom into."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..whatif.entry import entry_of
from . import bundling
from .html_body import page_body
from .html_page import page_html
from .html_timeline import data_html
from .lanes import Timeline

if TYPE_CHECKING:
    from ..analysis import Analysis
    from ..summary import Summary
    from ..whatif.answer import WhatIf


def to_html(analysis: Analysis, summary: Summary, what_if: WhatIf | None = None) -> str:
    """The page as text. ``summary`` is that of the analysis, and may show the ranges of libraries too.

    ``what_if``: an answer about the same trace, which the page shows beside what was recorded.
    """
    timeline = Timeline(analysis, summary, what_if) if summary.devices else None
    body = page_body(analysis, summary, timeline, entry_of(what_if, analysis.trace) if what_if else None)
    data = data_html(timeline) if timeline else ""
    return page_html(summary.source.path, body, data, bundling.ENTRY, bundling.STYLES)
