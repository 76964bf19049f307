"""What is made of a finished run's traces: ``summary.md`` and ``summary.json``, and ``trace.pftrace`` for Perfetto."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.errors import GpuTraceError
from gpu_trace_analyzers.questions.work.work import TOP
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.reports.document import to_json
from gpu_trace_analyzers.reports.html import to_html
from gpu_trace_analyzers.reports.markdown import to_markdown

from ..exporting.perfetto import export_perfetto

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gpu_trace_analyzers.summary import Summary


def write(traces: Sequence[Path]) -> tuple[Summary, list[str]]:
    """Write the files beside the traces of a run; their summary, and of each file that could not be written, why.

    Raises `GpuTraceError` where a trace cannot be read.
    """
    trace = traces[0]
    loaded = load(trace if len(traces) == 1 else trace.parent, operators=True)
    analysis = Analysis(loaded)
    summary = analysis.summary
    whole = replace(summary, work=analysis.work.of_top(TOP))
    made: dict[str, Callable[[Path], object]] = {
        "summary.json": lambda path: path.write_text(to_json(whole), encoding="utf-8"),
        "summary.md": lambda path: path.write_text(to_markdown(summary), encoding="utf-8"),
        "report.html": lambda path: path.write_text(to_html(analysis, whole), encoding="utf-8"),
        "trace.pftrace": lambda path: export_perfetto(analysis, path),
    }
    failures = (_failure(make, trace.with_name(name)) for name, make in made.items())
    return summary, [sentence for sentence in failures if sentence]


def _failure(make: Callable[[Path], object], path: Path) -> str:
    """Make a file; why it could not be, if so. One that fails takes none of the others with it."""
    try:
        make(path)
    except (OSError, GpuTraceError) as error:
        return f"{path.name} could not be written: {error}"
    return ""
