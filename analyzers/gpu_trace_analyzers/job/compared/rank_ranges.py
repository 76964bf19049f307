"""Ranks as stretches, and as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    Ranges = tuple[tuple[int, int], ...]

_MOST_NAMED = 4
"""stretches of ranks that a sentence names"""


def ranges_of(ranks: Iterable[int]) -> Ranges:
    """First and last, inclusive, of each stretch of ranks."""
    found: list[tuple[int, int]] = []
    for rank in sorted(set(ranks)):
        if found and found[-1][1] == rank - 1:
            found[-1] = (found[-1][0], rank)
        else:
            found.append((rank, rank))
    return tuple(found)


def ranks_text(ranges: Ranges) -> str:
    """``rank 3``, ``ranks 8-15``, ``ranks 1, 4-6 and 9 more``."""
    named = [f"{first}-{last}" if last > first else str(first) for first, last in ranges[:_MOST_NAMED]]
    left = sum(last - first + 1 for first, last in ranges[_MOST_NAMED:])
    several = len(ranges) > 1 or any(last > first for first, last in ranges)
    return f"rank{'s' if several else ''} {', '.join(named)}" + (f" and {left} more" if left else "")
