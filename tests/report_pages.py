"""Reports as pages, of recorded traces and of others."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.reports.html import to_html

TRACES = Path(__file__).parents[1] / "samples/traces"


@cache
def recorded_page(name):
    """That of a trace of ``samples/traces``, a file by its name or a folder."""
    path = TRACES / name
    return page_of(load(path if path.is_dir() else TRACES / f"{name}.json.gz"))


def page_of(trace):
    """That of a trace."""
    analysis = Analysis(trace)
    return to_html(analysis, analysis.summary)
