"""A job in a terminal: one screen for any number of ranks, or all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..text import drawn
from .screen import rooms, screen
from .sections import sections

if TYPE_CHECKING:
    from ...job.answer import JobAnswer

LINES = 23
"""of a screen of 24, on which the last says how to see more"""


def to_text(answer: JobAnswer, *, width: int = 100, color: bool = False, brief: bool = False) -> str:
    """All of it, or what fits on a screen, ``width`` columns wide; with ANSI colors where ``color``."""
    if not brief:
        return drawn(sections(answer), width=width, color=color)
    text = ""
    for room in rooms(answer):
        text = drawn(screen(answer, room), width=width, color=color)
        if text.count("\n") <= LINES:
            break
    return text
