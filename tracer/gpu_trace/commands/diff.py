"""``gpu-trace diff``: the same figures of two traces, or of several runs a side."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gpu_trace_analyzers.comparison import compare
from gpu_trace_analyzers.errors import TraceInconclusive

from ..filenames import TraceName
from ..progress import progress
from ..terminal import display
from .analysis_options import analysis_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpu_trace_analyzers.asked import Asked
    from gpu_trace_analyzers.places import Place
    from gpu_trace_analyzers.summary import Summary

_BETWEEN = f"{os.devnull}/--"
"""Stands for ``--`` among the traces; nothing can lie in a file that is not a folder, so no trace has this name."""
_SEVERAL = "gpu-trace diff A1 A2 A3 -- B1 B2 B3"


class Diff(click.Command):
    """Keeps ``--``, which tells the runs before from those after. click itself removes it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does; options may stand on both sides of ``--``."""
        return super().parse_args(ctx, [_BETWEEN if argument == "--" else argument for argument in args])


@click.command(cls=Diff)
@click.argument("traces", metavar="BEFORE AFTER | BEFORE... -- AFTER...", nargs=-1, type=TraceName())
@click.option("--json", "form", flag_value="json", help="Print JSON.")
@click.option("--markdown", "form", flag_value="markdown", help="Print Markdown.")
@analysis_options()
def diff(traces: tuple[Place, ...], form: str | None, asked: Asked) -> None:
    """Show the changes from BEFORE to AFTER, per device and per range, and their causes.

    Two traces are compared directly. With several runs a side, separated by --, the medians are compared. A change is
    called within the spread if the runs of both sides overlap.

    The command exits with 4 if a trace has no device activity.

    \b
      gpu-trace diff slow.json.gz fast.json.gz
      gpu-trace diff slow-1 slow-2 slow-3 -- fast-1 fast-2 fast-3
    """  # noqa: D301  # \b is click's
    from gpu_trace_analyzers.reports.changes import to_json, to_markdown, to_text

    before, after = _sides(traces)
    with progress("computing"):
        found = compare([_summary(path, asked) for path in before], [_summary(path, asked) for path in after])
    if form == "json":
        click.echo(to_json(found), nl=False)
        return
    if form == "markdown":
        display(to_markdown(found), nl=False)
        return
    width = min(shutil.get_terminal_size((100, 24)).columns, 140)
    display(to_text(found, width), nl=False)


def _summary(path: Place, asked: Asked) -> Summary:
    """Of one run; its trace is not kept."""
    from gpu_trace_analyzers.reports.sections.source import nothing_recorded

    summary = asked.analyze(asked.load(path)).to_compare
    if not summary.devices:
        raise TraceInconclusive(nothing_recorded(summary))
    return summary


def _sides(traces: Sequence[Place]) -> tuple[Sequence[Place], Sequence[Place]]:
    """The runs before and after. Raises ``click.UsageError`` where it is not clear which are which."""
    between = [place for place, name in enumerate(traces) if str(name) == _BETWEEN]
    if not between and len(traces) == 2:
        return traces[:1], traces[1:]
    if not between:
        raise click.UsageError(_without_separator(len(traces)))
    if len(between) > 1:
        raise click.UsageError(f"-- stands between the runs before and after, so only once: {_SEVERAL}")
    before, after = traces[: between[0]], traces[between[0] + 1 :]
    for place, side in (("before", before), ("after", after)):
        if not side:
            raise click.UsageError(f"no trace stands {place} --: {_SEVERAL}")
        _must_differ(side)
    return before, after


def _without_separator(number: int) -> str:
    if number < 2:
        return f"{'one trace' if number else 'no trace'} is given, and two are compared: gpu-trace diff BEFORE AFTER"
    return f"{number} traces are given, and no -- between those before and those after: {_SEVERAL}"


def _must_differ(side: Sequence[Place]) -> None:
    """One recording twice would make the runs look closer than they are."""
    met: set[Place] = set()
    for name in side:
        path = name.resolve() if isinstance(name, Path) else name
        if path in met:
            raise click.UsageError(f"{name} is given twice on one side; each run counts once")
        met.add(path)
