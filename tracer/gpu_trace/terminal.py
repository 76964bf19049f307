"""Text on the user's terminal, which names in a trace must not command."""

from __future__ import annotations

import os
import shutil
import sys

import click

from gpu_trace_analyzers.reports.plain import plain


def display(text: str, *, nl: bool = True, err: bool = False) -> None:
    """Print what people read; see `plain`. What programs read is printed by ``click.echo``: to them names are data."""
    click.echo(plain(text), nl=nl, err=err)


def width() -> int:
    """Columns of what is printed to stdout: those of the terminal; in a pipe 100, or ``COLUMNS``."""
    columns = shutil.get_terminal_size((100, 24)).columns
    return min(columns, 140) if sys.stdout.isatty() or "COLUMNS" in os.environ else 100


def in_color() -> bool:
    """Whether stdout shows colors, and the user wants them."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ
