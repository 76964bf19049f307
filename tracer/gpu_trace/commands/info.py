"""``gpu-trace info``: what a file is, what is in it, and what was lost in reading it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gpu_trace_analyzers.contents import contents
from gpu_trace_analyzers.reports.contents import to_json, to_text

from ..filenames import TraceName
from ..progress import progress
from ..terminal import display
from .analysis_options import analysis_options

if TYPE_CHECKING:
    from gpu_trace_analyzers.asked import Asked
    from gpu_trace_analyzers.places import Place


@click.command()
@click.argument("traces", metavar="TRACE...", nargs=-1, required=True, type=TraceName())
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@analysis_options("rules")
def info(traces: tuple[Place, ...], as_json: bool, asked: Asked) -> None:
    """List the format, contents and losses of a trace.

    \b
      gpu-trace info trace.json.gz
      gpu-trace info gpu-trace-runs/train-1
    """  # noqa: D301  # \b is click's
    for number, path in enumerate(traces):
        with progress("computing"):
            found = contents(asked.load(path, operators=True))
        if as_json:
            click.echo(to_json(found), nl=False)
        else:
            display(("\n" if number else "") + to_text(found))
