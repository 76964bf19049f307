"""``gpu-trace diff``: the same figures of two traces side by side."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import click

from gpu_trace_analyzers.comparison import compare
from gpu_trace_analyzers.errors import TraceInconclusive

from ..filenames import FileName
from ..progress import progress
from ..terminal import display
from .analysis_options import analysis_options

if TYPE_CHECKING:
    from gpu_trace_analyzers.asked import Asked


@click.command()
@click.argument("before", type=FileName())
@click.argument("after", type=FileName())
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@analysis_options()
def diff(before: str, after: str, as_json: bool, asked: Asked) -> None:
    """Show the changes from BEFORE to AFTER, per device and per range, and their causes.

    The command exits with 4 if a trace has no device activity.

    \b
      gpu-trace diff slow.json.gz fast.json.gz
    """  # noqa: D301  # \b is click's
    from gpu_trace_analyzers.reports.changes import to_json, to_text
    from gpu_trace_analyzers.reports.sections.source import nothing_recorded

    with progress("computing"):
        summaries = [asked.analyze(asked.load(path)).summary for path in (before, after)]
    for summary in summaries:
        if not summary.devices:
            raise TraceInconclusive(nothing_recorded(summary))
    found = compare(*summaries)
    if as_json:
        click.echo(to_json(found), nl=False)
        return
    width = min(shutil.get_terminal_size((100, 24)).columns, 140)
    display(to_text(found, width), nl=False)
