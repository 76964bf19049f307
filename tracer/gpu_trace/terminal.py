"""Text on the user's terminal, which names in a trace must not command."""

from __future__ import annotations

import click

from gpu_trace_analyzers.reports.plain import plain


def display(text: str, *, nl: bool = True, err: bool = False) -> None:
    """Print what people read; see `plain`. What programs read is printed by ``click.echo``: to them names are data."""
    click.echo(plain(text), nl=nl, err=err)
