"""Text for people: names in a trace may have any characters, and some of them command what shows the text."""

from __future__ import annotations

import re

_COMMANDS = re.compile(
    r"\x1b(?!\[[\d;]*m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]"  # of a terminal: clear the screen, set a title
    r"|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"  # of the order in which text is set: later text seems earlier
    r"|[\u2028\u2029]"  # ends of lines
)
"""All but tab, line feed, and the escapes of colors (our own, and without harm in a name)."""


def plain(text: str) -> str:
    """The text with a mark for each character that commands a terminal, or turns the text around it."""
    return _COMMANDS.sub("\ufffd", text)
