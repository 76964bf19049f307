"""Ranks in words: neighbors are told as one stretch, and of many stretches the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...units import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    Stretch = tuple[int, int]
    """first and last rank, inclusive"""

MOST_STRETCHES = 4
"""that people read"""


def ranks_text(ranks: Sequence[Stretch], most: int = MOST_STRETCHES) -> str:
    """``rank 5``, ``ranks 0-7, 12``, ``ranks 1, 3, 5, 7 and 28 others``; empty for none."""
    if not ranks:
        return ""
    shown, rest = ranks[:most], how_many(ranks[most:])
    named = ", ".join(_stretch(*each) for each in shown)
    return f"{'rank' if how_many(ranks) == 1 else 'ranks'} {named}" + (f" and {count(rest, 'other')}" if rest else "")


def how_many(ranks: Sequence[Stretch]) -> int:
    """Ranks in all stretches."""
    return sum(last - first + 1 for first, last in ranks)


def _stretch(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"
