"""A page that needs no network: its content policy allows just its script and its styles, by their hashes."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from . import bundling
from .html_parts import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOTHING = "base-uri 'none'; form-action 'none'"
"""what ``default-src`` does not forbid"""
_SEARCH = (
    '<input id="search" type="search" placeholder="search ( / )" aria-label="Search the page">'
    '<output id="found"></output><button type="button" id="theme" aria-label="Dark or light" '
    'title="dark or light">◐</button>'
)


def page_html(title: str, body: str, data: str, entry: str, styles: Sequence[str]) -> str:
    """The page as text. ``data`` are blocks that its script reads, which begins with the module ``entry``."""
    style, dark, script = bundling.style(styles), bundling.dark(), bundling.script(entry)
    allowed = f"'{_hash(style)}' '{_hash(dark)}'"
    policy = f"default-src 'none'; style-src {allowed}; script-src '{_hash(script)}'; {_NOTHING}"
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{escaped(policy)}">'
        f"<title>{escaped(title)} · gpu-trace</title><style>{style}</style>"
        f'<style id="dark" media="screen and (prefers-color-scheme: dark)">{dark}</style>'
    )
    tail = f"{data}<script>{script}</script>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body><main>\n{body}\n</main>{tail}</body></html>\n'


def header_html(source: str) -> str:
    """What was read, as HTML, with the search box and the switch of colors beside it."""
    return f'<header>{source}<div class="top">{_SEARCH}</div></header>'


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
