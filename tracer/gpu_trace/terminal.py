"""Text on the user's terminal, which names in a trace must not command."""

from __future__ import annotations

import re

import click

_COMMANDS = re.compile(r"\x1b(?!\[[\d;]*m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]")
"""Control characters but tab, line feed, and the escapes of colours (our own, and without harm in a name)."""


def display(text: str, *, nl: bool = True, err: bool = False) -> None:
    """Print what people read, with a mark for each control character, such as would clear the screen or set a title.

    What programs read is printed by ``click.echo``: to them names are data.
    """
    click.echo(_COMMANDS.sub("\ufffd", text), nl=nl, err=err)
