"""What is made of a finished run's traces: ``summary.md`` and ``summary.json``, and ``trace.pftrace`` for Perfetto."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.reports.document import to_json
from gpu_trace_analyzers.reports.html import to_html
from gpu_trace_analyzers.reports.markdown import to_markdown
from gpu_trace_analyzers.summary import summarise

from ..exporting.perfetto import export_perfetto

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gpu_trace_analyzers.summary import Summary


def write(traces: Sequence[Path]) -> Summary:
    """Write the files beside the traces of a run. Raises `GpuTraceError` where one cannot be read."""
    trace = traces[0]
    loaded = load(trace if len(traces) == 1 else trace.parent, operators=True)
    summary = summarise(loaded)
    trace.with_name("summary.json").write_text(to_json(summary), encoding="utf-8")
    trace.with_name("summary.md").write_text(to_markdown(summary), encoding="utf-8")
    trace.with_name("report.html").write_text(to_html(loaded, summary), encoding="utf-8")
    export_perfetto(loaded, trace.with_name("trace.pftrace"))
    return summary
