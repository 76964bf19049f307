"""``%load_ext gpu_trace``: the cell magic ``%%gpu_trace [FOLDER] [OPTIONS]``."""

from __future__ import annotations

import ast
import shlex
from typing import TYPE_CHECKING, Any

import click

from gpu_trace_analyzers.errors import UsageError

from .commands.run import run as command
from .in_process.nvtx_ranges import listen
from .in_process.record import record

if TYPE_CHECKING:
    from types import CodeType

    from .in_process.run import Run

_OF_COMMAND = ("level", "steps", "step_range", "range_name", "after", "duration", "events", "dependencies", "force")
"""options of ``gpu-trace run`` that a block has as well, under the same names"""
_USAGE = "%%gpu_trace [FOLDER] [OPTIONS]"


def load(shell: Any) -> None:
    """Add the magic to IPython's shell; NVTX clients that were not used so far can be recorded from now on."""
    listen()
    shell.register_magic_function(_Magic(shell).run, "cell", "gpu_trace")


class _Magic:
    def __init__(self, shell: Any) -> None:
        self._shell = shell

    def run(self, line: str, cell: str) -> Any:
        """Record a cell, and show what was recorded; ``gpu_trace_run`` is the run.

        %%gpu_trace [FOLDER] [--level gpu|ops|full] [--steps A:B] [--step-range NAME] [--range NAME] [--after S]
                    [--duration S] [--events N] [--dependencies] [--no-stacks] [--force]
        """
        body, last = self._compiled(cell)
        names = self._shell.user_ns
        recording = record(**_options(line))
        try:
            with recording as names["gpu_trace_run"]:
                exec(body, names)
                return eval(last, names) if last else None
        finally:
            _display(recording.run)

    def _compiled(self, cell: str) -> tuple[CodeType, CodeType | None]:
        """A cell, and the expression that it ends with, if there is one, whose value the notebook shows."""
        source = self._shell.transform_cell(cell)
        compiler = self._shell.compile
        name = compiler.cache(source, self._shell.execution_count)  # so that tracebacks show its lines
        tree = self._shell.transform_ast(compiler.ast_parse(source, filename=name))
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        body = compiler(tree, name, "exec")
        return body, compiler(ast.Expression(last.value), name, "eval") if last else None


def _display(run: Run) -> None:
    from IPython.display import display

    if run.is_complete:
        display(run)  # type: ignore[no-untyped-call]


def _options(line: str) -> dict[str, Any]:
    """The arguments of `record` that a line of options spells. Raises `UsageError`."""
    known = [each for each in command.params if each.name in (*_OF_COMMAND, "no_stacks")]
    parser = click.Command(_USAGE, params=[*known, click.Argument(["folder"], required=False)], add_help_option=False)
    try:
        found = parser.make_context(_USAGE, shlex.split(line)).params
    except (click.ClickException, ValueError) as error:
        said = error.format_message() if isinstance(error, click.ClickException) else str(error)
        raise UsageError(f"{said}; write {_USAGE}") from error
    found["stacks"] = not found.pop("no_stacks")
    return found
