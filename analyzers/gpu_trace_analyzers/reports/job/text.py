"""A job in a terminal: one screen for any number of ranks, or all of it."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from ..text import drawn
from .screen import rooms, screen
from .sections import sections

if TYPE_CHECKING:
    from ...job.answer import JobAnswer
    from .screen import Room

LINES = 23
"""of a screen of 24, on which the last says how to see more"""


def to_text(answer: JobAnswer, *, width: int = 100, color: bool = False, brief: bool = False) -> str:
    """All of it, or what fits on a screen, ``width`` columns wide; with ANSI colors where ``color``."""
    found = screen(answer, _largest_room(answer, width)) if brief else sections(answer)
    return drawn(found, width=width, color=color)


def _largest_room(answer: JobAnswer, width: int) -> Room:
    """The first that fits, or the last."""

    def fits(room: Room) -> bool:
        return drawn(screen(answer, room), width=width).count("\n") <= LINES

    with_table, without = rooms(answer)
    in_order = with_table if fits(with_table[-1]) else without
    return in_order[bisect_left(in_order, True, hi=len(in_order) - 1, key=fits)]
