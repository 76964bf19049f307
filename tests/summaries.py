"""Summaries of recorded traces, each made once: several tests look at those of all."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from gpu_trace_analyzers.asked import Asked

if TYPE_CHECKING:
    from pathlib import Path

    from gpu_trace_analyzers.summary import Summary


@cache
def summary_of(path: Path) -> Summary:
    """What ``gpu-trace summary`` tells of a trace or of a folder of them."""
    asked = Asked()
    return asked.analyze(asked.load(path)).summary
