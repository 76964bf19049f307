"""The summary of a finished run: ``summary.md`` and ``summary.json`` in its folder, and the text for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.reports.document import to_json
from gpu_trace_analyzers.reports.markdown import to_markdown
from gpu_trace_analyzers.summary import summarise

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gpu_trace_analyzers.summary import Summary


def write(traces: Sequence[Path]) -> Summary:
    """Summarise the traces of a run into files beside them. Raises `GpuTraceError` where one cannot be read."""
    trace = traces[0]
    summary = summarise(load(trace if len(traces) == 1 else trace.parent))
    trace.with_name("summary.json").write_text(to_json(summary), encoding="utf-8")
    trace.with_name("summary.md").write_text(to_markdown(summary), encoding="utf-8")
    return summary
