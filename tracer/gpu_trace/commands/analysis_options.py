"""The options of every command that analyses, and what they ask."""

from __future__ import annotations

from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gpu_trace_analyzers.asked import Asked
from gpu_trace_analyzers.engines import default_rules
from gpu_trace_analyzers.model import ALL_COPIES, Engine

from ..filenames import FileName
from ..quantities import Duration, StepSlice

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., None]

_ENGINES = {engine.key.removeprefix("copy_"): engine for engine in ALL_COPIES}


class Copies(click.ParamType):  # type: ignore[type-arg]  # generic in click 8.3 only
    """``h2d,d2h``: engines that copy."""

    name = "list"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Engine, ...]:
        """As engines, in the order given."""
        names = str(value).split(",")
        if unknown := [name for name in names if name not in _ENGINES]:
            self.fail(f"{unknown[0]!r} is not one of {', '.join(_ENGINES)}", param, ctx)
        return tuple(_ENGINES[name] for name in names)


_OPTIONS = {
    "copies": click.option(
        "--copies",
        metavar="LIST",
        type=Copies(),
        help="Count these directions as copies: h2d,d2h,p2p,d2d. [default: h2d,d2h,p2p]",
    ),
    "rules": click.option(
        "--rules",
        metavar="FILE",
        type=FileName(),
        help="Try the engine rules of this TOML file before the built-in rules.",
    ),
    "from_ns": click.option(
        "--from",
        "from_ns",
        metavar="TIME",
        type=Duration(),
        help="Start the window this long after the first operation, such as 250ms.",
    ),
    "to_ns": click.option(
        "--to", "to_ns", metavar="TIME", type=Duration(), help="End the window this long after the first operation."
    ),
    "whole": click.option(
        "--whole", is_flag=True, help="Account for the whole recording. [default: steps after the warm-up]"
    ),
    "steps": click.option("--steps", metavar="A:B", type=StepSlice(), help="Account for the steps A:B, as in a slice."),
    "step_range": click.option(
        "--step-range", metavar="NAME", help="Take ranges of this name as steps. [default: ProfilerStep#n]"
    ),
}


def analysis_options(*names: str) -> Callable[[Command], Command]:
    """Give a command the options of these fields of `Asked` (default: all); it gets them as ``asked``.

    A file of rules is read when the command runs. Raises `UsageError` for one without rules.
    """
    chosen = names or tuple(_OPTIONS)

    def decorate(command: Command) -> Command:
        @wraps(command)
        def with_asked(*arguments: Any, **options: Any) -> None:
            given = {name: options.pop(name) for name in chosen}
            command(*arguments, asked=_asked(**given), **options)

        for name in reversed(chosen):
            with_asked = _OPTIONS[name](with_asked)
        return with_asked

    return decorate


def _asked(rules: str | None = None, **given: Any) -> Asked:
    built_in = default_rules()
    return Asked(built_in.preceded_by(Path(rules)) if rules else built_in, **given)
