"""``gpu-trace run``: profile an unmodified script."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gpu_trace_analyzers.summary import Summary

    from ..recording.record import Recording
    from ..recording.request import Level

_FORWARD_EVERYTHING = {"ignore_unknown_options": False, "allow_interspersed_args": False}


@click.command(context_settings=_FORWARD_EVERYTHING, options_metavar="[OPTIONS]")
@click.option("-m", "as_module", is_flag=True, help="Run a module, as python -m does.")
@click.option(
    "-o", "folder", type=click.Path(path_type=Path), help="The run folder.  [default: a new one in gpu-trace-runs]"
)
@click.option(
    "--level",
    type=click.Choice(["gpu", "ops", "full"]),
    default="gpu",
    show_default=True,
    help="gpu: device activity, launches and ranges. ops: and every operator. full: and shapes, stacks, memory.",
)
@click.option("--force", is_flag=True, help="Replace the run that the folder of -o holds.")
@click.option("--no-summary", is_flag=True, help="Do not print the summary when the script ends.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing at all but failures.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="SCRIPT|MODULE [ARGS]...")
def run(
    as_module: bool,
    folder: Path | None,
    level: Level,
    force: bool,
    no_summary: bool,
    quiet: bool,
    command: tuple[str, ...],
) -> None:
    """Profile an unmodified script and print its overlap summary on stderr.

    \b
      gpu-trace run train.py --epochs 1
      gpu-trace run -o runs/base --level ops train.py
      gpu-trace run -m package.train --epochs 1
    """  # noqa: D301  # \b is click's
    from ..recording import launch
    from ..recording.folder import create
    from ..recording.record import record
    from ..recording.request import Module, Request, Script

    name, *args = command
    target = (Module if as_module else Script)(name, tuple(args))
    request = Request(target, level, folder, force)
    if not target.can_start:
        launch.run_natively(request)
    recording = record(request, create(request))
    if recording.has_trace:
        _summarise(recording, show=not (no_summary or quiet))
    _tell(recording, quiet)
    launch.die_alike(recording.status)


def _summarise(recording: Recording, show: bool) -> None:
    """Write the summary, and print it. Whatever goes wrong is said in one line: the script's result stands."""
    from ..recording.summary_files import write

    try:
        summary = write(recording.folder.trace)
    except Exception as error:
        say(f"no summary: {error}")
        return
    if show:
        click.echo(_text(summary), err=True, nl=False)


def _text(summary: Summary) -> str:
    from gpu_trace_analyzers.reports.text import to_text

    terminal = sys.stderr.isatty()
    width = min(shutil.get_terminal_size().columns, 140) if terminal else 100
    return to_text(summary, width=width, color=terminal and "NO_COLOR" not in os.environ)


def _tell(recording: Recording, quiet: bool) -> None:
    for sentence in recording.lost:
        say(f"lost: {sentence}")
    if not quiet:
        say(f"the script {recording.ending.text}. {recording.what}")
        say(f"the run is in {recording.folder.shown}")


def say(sentence: str) -> None:
    """One line on stderr."""
    click.echo(f"gpu-trace: {sentence}", err=True)
