"""What is made of a finished run's traces: its summary in several forms, ``trace.pftrace``, and what is predicted."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from gpu_trace_analyzers.errors import GpuTraceError
from gpu_trace_analyzers.questions.work.work import TOP
from gpu_trace_analyzers.reports.document import to_json
from gpu_trace_analyzers.reports.html import to_html
from gpu_trace_analyzers.reports.markdown import to_markdown
from gpu_trace_analyzers.whatif.stored import FILE as WHAT_IF

from ..exporting.output import write_text
from ..exporting.perfetto import export_perfetto
from .beside import Beside
from .reasons import reason_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from gpu_trace_analyzers.analysis import Analysis
    from gpu_trace_analyzers.job.answer import JobAnswer

    from .prediction import Prediction

_PERFETTO = "trace.pftrace"


def write(
    analysis: Analysis,
    folder: Path,
    predicted: Prediction | None = None,
    working: AbstractContextManager[None] | None = None,
    job: JobAnswer | None = None,
) -> dict[str, str]:
    """Write the files of a run into its folder; of each that could not be written, by its name, why.

    They are those of a ``job`` where there is one. ``working`` is entered once there are no more processes to begin: it
    may begin a thread.
    """
    what_if = predicted.found if predicted else None
    export = partial(export_perfetto, analysis, folder / _PERFETTO, what_if=what_if)
    with Beside(export) as exporting, working or nullcontext():
        made = _made_of_job(job) if job else _made(analysis, predicted)
        failures = {name: _failure(make, folder / name) for name, make in made.items()}
        failures[_PERFETTO] = exporting.wait()
    return {name: reason for name, reason in failures.items() if reason}


def _made(analysis: Analysis, predicted: Prediction | None) -> dict[str, Callable[[Path], object]]:
    """What makes each file, except the one for Perfetto, which takes longest."""
    summary = predicted.prices(analysis.summary) if predicted else analysis.summary
    what_if = predicted.found if predicted else None
    whole = replace(summary, work=analysis.work.of_top(TOP))
    made: dict[str, Callable[[Path], object]] = {
        "summary.json": lambda path: write_text(path, to_json(whole)),
        "summary.md": lambda path: write_text(path, to_markdown(summary)),
        "report.html": lambda path: write_text(path, to_html(analysis, whole, what_if)),
    }
    if predicted:
        made[WHAT_IF] = lambda path: write_text(path, predicted.document)
    return made


def _made_of_job(answer: JobAnswer) -> dict[str, Callable[[Path], object]]:
    from gpu_trace_analyzers.reports.job import document, html, markdown

    return {
        "summary.json": lambda path: write_text(path, document.to_json(answer)),
        "summary.md": lambda path: write_text(path, markdown.to_markdown(answer)),
        "report.html": lambda path: write_text(path, html.to_html(answer)),
    }


def _failure(make: Callable[[Path], object], path: Path) -> str:
    """Make a file; why it could not be, if so. One that fails takes none of the others with it."""
    try:
        make(path)
    except (OSError, GpuTraceError) as error:
        return reason_of(error)
    return ""
