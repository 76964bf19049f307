"""``gpu-trace summary``: the overlap summary of a trace that exists."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gpu_trace_analyzers.engines import default_rules
from gpu_trace_analyzers.model import ALL_COPIES, Engine
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.summary import summarise

if TYPE_CHECKING:
    from gpu_trace_analyzers.summary import Summary

_COPIES = {engine.key.removeprefix("copy_"): engine for engine in ALL_COPIES}


@click.command()
@click.argument("traces", metavar="TRACE...", nargs=-1, required=True)
@click.option("--json", "form", flag_value="json", help="The stable document, for programs.")
@click.option("--markdown", "form", flag_value="markdown", help="A markdown page.")
@click.option("--copies", metavar="LIST", help="What counts as copying: h2d,d2h,p2p,d2d. [default: h2d,d2h,p2p]")
@click.option("--rules", metavar="FILE", help="TOML file of engine rules, asked before the built-in ones.")
def summary(traces: tuple[str, ...], form: str | None, copies: str | None, rules: str | None) -> None:
    """Print the overlap summary of traces or run folders.

    \b
      gpu-trace summary trace.json.gz
      gpu-trace summary --json gpu-trace-runs/train-1 | jq '.devices[0].overlap_ratio'
    """  # noqa: D301  # \b is click's
    engine_rules = default_rules().preceded_by(Path(rules)) if rules else default_rules()
    chosen = _engines(copies) if copies else None
    for number, path in enumerate(traces):
        if number and form != "json":
            click.echo()
        shown = summarise(load(path, rules=engine_rules), chosen)
        click.echo(_render(shown, form), nl=False)


def _engines(names: str) -> tuple[Engine, ...]:
    unknown = [name for name in names.split(",") if name not in _COPIES]
    if unknown:
        raise click.BadParameter(f"{unknown[0]!r} is not one of {', '.join(_COPIES)}", param_hint="--copies")
    return tuple(_COPIES[name] for name in names.split(","))


def _render(shown: Summary, form: str | None) -> str:
    # Each form is imported where it is chosen: rich alone takes longer to import than a small trace to read.
    if form == "json":
        from gpu_trace_analyzers.reports.document import to_json

        return to_json(shown)
    if form == "markdown":
        from gpu_trace_analyzers.reports.markdown import to_markdown

        return to_markdown(shown)
    from gpu_trace_analyzers.reports.text import to_text

    terminal = sys.stdout.isatty()
    columns = shutil.get_terminal_size((100, 24)).columns
    width = min(columns, 140) if terminal or "COLUMNS" in os.environ else 100
    return to_text(shown, width=width, color=terminal and "NO_COLOR" not in os.environ)
