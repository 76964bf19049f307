"""Which format does a file's name ask for?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .chrome import export_chrome
from .perfetto import export_perfetto

if TYPE_CHECKING:
    from collections.abc import Callable

WRITERS: dict[str, Callable[..., None]] = {
    ".pftrace": export_perfetto,
    ".pftrace.gz": export_perfetto,
    ".json": export_chrome,
    ".json.gz": export_chrome,
}
"""Each takes an analysis, a path, and findings."""


def writer_for(name: str) -> Callable[..., None] | None:
    """The writer for a file of that name; None for a name that asks for none."""
    return next((writer for suffix, writer in WRITERS.items() if name.endswith(suffix)), None)
