"""What is handed to the browser, and to whom: every answer that the server gives is listed here before it starts.

Nothing is looked up on disk by a path that a client sends, so there is nothing to traverse.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

PERFETTO = "https://ui.perfetto.dev"

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".wasm": "application/wasm",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True)
class Handout:
    """One trace for one client.

    ``page`` is the page with the button; ``ui`` the files of a Perfetto UI by their paths, empty where the online one
    is used. ``reader`` is the one foreign origin that may fetch the trace by itself; empty for none.
    """

    trace: Path
    trace_name: str
    page: bytes
    page_policy: str
    ui: Mapping[str, Callable[[], bytes]] = field(default_factory=dict)
    reader: str = ""


def media_type(path: str) -> str:
    """The media type of a file by its name."""
    suffix = path[path.rfind(".") :] if "." in path else ""
    return _TYPES.get(suffix, "application/octet-stream")
