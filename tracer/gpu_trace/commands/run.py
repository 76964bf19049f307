"""``gpu-trace run``: profile an unmodified script."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from ..filenames import FileName
from ..progress import progress
from ..quantities import SECONDS, StepSlice
from ..terminal import display

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from click.shell_completion import CompletionItem

    from gpu_trace_analyzers.job.answer import JobAnswer
    from gpu_trace_analyzers.summary import Summary
    from gpu_trace_analyzers.whatif.document import Entry

    from ..recording.folder import RunFolder
    from ..recording.request import Level
    from ..recording.result import Recording

_FORWARD_EVERYTHING = {"allow_interspersed_args": False}


class _Run(click.Command):
    """The command, with completion that knows where its own options end."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Options of gpu-trace stand before the script; those behind it are the script's, and not known."""
        return [] if ctx.params.get("command") else super().shell_complete(ctx, incomplete)


def _files(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """The script, and what it may take."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


@click.command(cls=_Run, context_settings=_FORWARD_EVERYTHING, options_metavar="[OPTIONS]")
@click.option("-m", "as_module", is_flag=True, help="Run a module, as python -m does.")
@click.option(
    "-o",
    "folder",
    type=FileName(path_type=Path),
    help="Write the run to this folder.  [default: a new one in gpu-trace-runs]",
)
@click.option(
    "--level",
    type=click.Choice(["gpu", "ops", "full"]),
    default="gpu",
    show_default=True,
    help="Record device activity, launches, ranges (gpu); also operators (ops); also shapes, stacks (full).",
)
@click.option("--steps", metavar="A:B", type=StepSlice(), help="Record the optimizer steps A:B, as in a slice.")
@click.option(
    "--step-range", default="", metavar="NAME", help="Count NVTX ranges of this name as the steps of --steps."
)
@click.option("--range", "range_name", default="", metavar="NAME", help="Record only inside NVTX ranges of this name.")
@click.option(
    "--after", type=SECONDS, default=0.0, metavar="S", help="Start recording S seconds after the first use of a GPU."
)
@click.option("--duration", type=SECONDS, default=0.0, metavar="S", help="Record for S seconds.  [default: to the end]")
@click.option(
    "--events",
    type=click.IntRange(min=1000),
    default=1_000_000,
    show_default=True,
    metavar="N",
    help="Stop recording after about this many events. More events take longer to save.",
)
@click.option("--dependencies", is_flag=True, help="Also record which tensors operators read and write. Implies ops.")
@click.option("--nproc-per-node", "ranks", type=click.IntRange(min=1), help="Run this many ranks, as torchrun does.")
@click.option(
    "--follow/--no-follow",
    default=True,
    show_default=True,
    help="Record the Python processes that the script starts, or only the script.",
)
@click.option("--no-stacks", is_flag=True, help="Do not sample the Python stacks of the script's threads.")
@click.option("--force", is_flag=True, help="Overwrite the run in the -o folder.")
@click.option("--no-summary", is_flag=True, help="Do not print the summary when the script ends.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors and losses only.")
@click.option("-v", "--verbose", is_flag=True, help="Show engines, evidence, ranges and steps in the summary too.")
@click.argument(
    "command", nargs=-1, required=True, type=click.UNPROCESSED, shell_complete=_files, metavar="SCRIPT|MODULE [ARGS]..."
)
def run(
    as_module: bool,
    folder: Path | None,
    level: Level,
    steps: tuple[int, int] | None,
    step_range: str,
    range_name: str,
    after: float,
    duration: float,
    events: int,
    dependencies: bool,
    ranks: int | None,
    follow: bool,
    no_stacks: bool,
    force: bool,
    no_summary: bool,
    quiet: bool,
    verbose: bool,
    command: tuple[str, ...],
) -> None:
    """Profile an unmodified script and print its overlap summary on stderr.

    \b
      gpu-trace run train.py --epochs 1
      gpu-trace run -o runs/base --level ops train.py
      gpu-trace run -m package.train --epochs 1
      gpu-trace run --steps 10:20 train.py
      gpu-trace run --range validation train.py
      gpu-trace run --dependencies --steps 10:12 train.py
      gpu-trace run --nproc-per-node 2 train.py
    """  # noqa: D301  # \b is click's
    from ..recording import job, launch
    from ..recording.folder import create
    from ..recording.record import record
    from ..recording.request import Extent, Module, Ranks, Request, Script

    name, *args = command
    if not as_module:
        _check_script(name, args)
    single = (Module if as_module else Script)(name, tuple(args))
    target = Ranks(single, ranks) if ranks else single
    _check_ranges(step_range, range_name, steps)
    extent = Extent(steps, step_range, range_name, after, duration, events)
    if dependencies:
        level = _level_with_dependencies(level, after)
    request = Request(target, level, folder, force, extent, follow, dependencies, stacks=not no_stacks)
    if not target.can_start:
        launch.run_natively(request)
    _warn_of_other_tools(quiet)
    made = create(request)
    audience = _OnStderr(made, quiet, show=not (no_summary or quiet or job.rank()), verbose=verbose)
    recording = record(request, made, audience)
    with suppress(OSError, KeyboardInterrupt):  # the reader may have closed the pipe; the script's result stands
        _tell(recording, quiet)
        _tell_where(recording, quiet, has_more=audience.has_more)
        if not audience.saw_devices and recording.started and not follow and not quiet:
            say(_other_processes(recording))
    launch.exit_like_the_script(recording.status or 0)


def _check_script(name: str, arguments: list[str]) -> None:
    """Raise `UsageError` for a target that Python would run, or not find, but that is not meant as a script."""
    from ..hints import for_script

    if hint := for_script(name, arguments):
        raise click.UsageError(hint)


def _check_ranges(step_range: str, range_name: str, steps: tuple[int, int] | None) -> None:
    """Raise `UsageError` for ranges that cannot be recorded, or that would count nothing."""
    from gpu_trace_analyzers.errors import UsageError

    from ..nvtx_recording.environment import injection

    if step_range and steps is None:
        raise UsageError("--step-range NAME requires --steps A:B")
    if (step_range or range_name) and injection(os.environ)[0] is None:
        raise UsageError("--range and --step-range need the NVTX injection library; run gpu-trace doctor")


def _level_with_dependencies(level: Level, after_s: float) -> Level:
    """The level that records operators too. Raises `UsageError` where dependencies cannot be recorded."""
    from importlib.metadata import PackageNotFoundError, version

    from gpu_trace_analyzers.errors import UsageError

    from ..boot.contract import EXECUTION_TRACE_TOO_OLD, has_known_execution_trace

    is_chosen = click.get_current_context().get_parameter_source("level") is not ParameterSource.DEFAULT
    if level == "gpu" and is_chosen:
        raise UsageError("--dependencies needs the operators, which --level gpu leaves out; use --level ops or full")
    if after_s:
        raise UsageError("--dependencies cannot begin in the middle of a step, as with --after; use --steps or --range")
    with suppress(PackageNotFoundError):  # the script may find its own PyTorch
        if not has_known_execution_trace(found := version("torch")):
            raise UsageError(
                f"--dependencies needs PyTorch 2.8 or later, and {found} is installed: {EXECUTION_TRACE_TOO_OLD}"
            )
    return "full" if level == "full" else "ops"


def _warn_of_other_tools(quiet: bool) -> None:
    from ..nvtx_recording.environment import injection

    _, sentence = injection(os.environ)
    if sentence and not quiet:
        say(sentence)


class _OnStderr:
    """Tells the user about a run while it lasts."""

    def __init__(self, folder: RunFolder, quiet: bool, show: bool, verbose: bool) -> None:
        self._folder, self._quiet, self._show, self._verbose = folder, quiet, show, verbose
        self.saw_devices = False
        """whether the summary has any; unknown where there is none"""

    @property
    def has_more(self) -> bool:
        """Whether a part of the summary was not shown."""
        return self._show and self.saw_devices and not self._verbose

    def saving(self) -> None:
        """The recording takes long to stop and save."""
        if sys.stderr.isatty() and not self._quiet:
            with suppress(OSError):
                say("saving the recording ...")

    def working(self, doing: str) -> AbstractContextManager[None]:
        """Show on a terminal what takes long."""
        return progress(doing) if self._show else nullcontext()

    def show(self, summary: Summary, predicted: Entry | None = None) -> None:
        """Print the summary, and the time that is predicted. The reader may have closed the pipe."""
        self.saw_devices = bool(summary.devices)
        if self._show:
            with suppress(OSError):
                display(_text(_named(summary, self._folder), self._verbose), err=True, nl=False)
                if predicted:
                    say(_prediction(predicted))

    def show_job(self, answer: JobAnswer) -> None:
        """Print the screen of a job of many ranks. The reader may have closed the pipe."""
        from gpu_trace_analyzers.reports.job.text import to_text

        self.saw_devices = True
        if self._show:
            with suppress(OSError):
                width, color = _terminal()
                display(to_text(answer, width=width, color=color, brief=not self._verbose), err=True, nl=False)


def _named(summary: Summary, folder: RunFolder) -> Summary:
    """With the path of the trace as the folder is named elsewhere, which is shorter than the whole one."""
    path = folder.shown + summary.source.path.removeprefix(str(folder.path))
    return replace(summary, source=replace(summary.source, path=path))


def _text(summary: Summary, verbose: bool) -> str:
    from gpu_trace_analyzers.reports.text import to_text

    width, color = _terminal()
    return to_text(summary, width=width, color=color, brief=not verbose)


def _terminal() -> tuple[int, bool]:
    """How wide it is, and whether it shows colors."""
    terminal = sys.stderr.isatty()
    width = min(shutil.get_terminal_size().columns, 140) if terminal else 100
    return width, terminal and "NO_COLOR" not in os.environ


def _prediction(found: Entry) -> str:
    from gpu_trace_analyzers.reports.what_if import verdict_line

    changes = "; gpu-trace whatif says what to change" if found.remedies else ""
    return f"{found.window.name}: {verdict_line(found)}{changes}"


def _tell_where(recording: Recording, quiet: bool, *, has_more: bool) -> None:
    """Say where the run is; by the command that shows more of its summary, if there is more."""
    if has_more and not recording.unwritten:
        display(f"gpu-trace summary --verbose {recording.folder.shown} shows more", err=True)
    elif not quiet:
        say(f"the run is in {recording.folder.shown}")


def _tell(recording: Recording, quiet: bool) -> None:
    for reason in dict.fromkeys(recording.unwritten.values()):
        names = [name for name, why in recording.unwritten.items() if why == reason]
        say(f"{', '.join(names)} could not be written: {reason}")
    for sentence in recording.lost:
        say(f"lost: {sentence}")
    if not quiet:
        for sentence in recording.left_out:
            say(f"not recorded: {sentence}")
        say(f"the script {recording.ending.text}. {recording.what}")
        if recording.cost.after_ns:
            say(_cost(recording))


def _cost(recording: Recording) -> str:
    from gpu_trace_analyzers.units import duration

    running, after = recording.cost.running_ns, recording.cost.after_ns
    if not running:  # an estimate by its rows, of which it left none
        return f"recording cost {duration(after)} at the script's end"
    share = 100 * running / max(1, recording.wall_ns - after)
    return f"recording cost about {duration(running)} ({share:.1f} %), and {duration(after)} at the end"


def _other_processes(recording: Recording) -> str:
    from gpu_trace_analyzers.units import count

    return f"the script started {count(recording.started, 'process', 'processes')}; --no-follow left them out"


def say(sentence: str) -> None:
    """One line on stderr."""
    display(f"gpu-trace: {sentence}", err=True)
