"""The summary as one page that needs no network: figures, causes and a timeline to zoom into.

The page's content policy allows just this script and this style, by their hashes, and no connection to anywhere.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from ..whatif.entry import entry_of
from . import bundling
from .html_body import page_body
from .html_parts import escaped
from .html_timeline import data_html
from .lanes import Timeline

if TYPE_CHECKING:
    from ..analysis import Analysis
    from ..summary import Summary
    from ..whatif.answer import WhatIf

_NOTHING = "base-uri 'none'; form-action 'none'"
"""what ``default-src`` does not forbid"""


def to_html(analysis: Analysis, summary: Summary, what_if: WhatIf | None = None) -> str:
    """The page as text. ``summary`` is that of the analysis, and may show the ranges of libraries too.

    ``what_if``: an answer about the same trace, which the page shows beside what was recorded.
    """
    style, dark, script = bundling.style(), bundling.dark(), bundling.script()
    styles = f"'{_hash(style)}' '{_hash(dark)}'"
    policy = f"default-src 'none'; style-src {styles}; script-src '{_hash(script)}'; {_NOTHING}"
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{escaped(policy)}">'
        f"<title>{escaped(summary.source.path)} · gpu-trace</title><style>{style}</style>"
        f'<style id="dark" media="screen and (prefers-color-scheme: dark)">{dark}</style>'
    )
    timeline = Timeline(analysis, summary, what_if) if summary.devices else None
    body = page_body(analysis, summary, timeline, entry_of(what_if, analysis.trace) if what_if else None)
    tail = (data_html(timeline) if timeline else "") + f"<script>{script}</script>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body><main>\n{body}\n</main>{tail}</body></html>\n'


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
