"""The name of a file is bytes, and need not be valid text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...model import Trace


def in_text(path: object) -> str:
    """The path as any report can hold it."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def named_in_text(trace: Trace) -> Trace:
    """The trace with such a path."""
    path = in_text(trace.source.path)
    return trace if path == trace.source.path else replace(trace, source=replace(trace.source, path=path))
