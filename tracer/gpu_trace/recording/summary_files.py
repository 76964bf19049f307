"""The summary of a finished run: ``summary.md`` and ``summary.json`` in its folder, and the text for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.reports.document import to_json
from gpu_trace_analyzers.reports.markdown import to_markdown
from gpu_trace_analyzers.summary import summarise

if TYPE_CHECKING:
    from pathlib import Path

    from gpu_trace_analyzers.summary import Summary


def write(trace: Path) -> Summary:
    """Summarise a trace into files beside it. Raises `GpuTraceError` where it cannot be read."""
    summary = summarise(load(trace))
    trace.with_name("summary.json").write_text(to_json(summary), encoding="utf-8")
    trace.with_name("summary.md").write_text(to_markdown(summary), encoding="utf-8")
    return summary
