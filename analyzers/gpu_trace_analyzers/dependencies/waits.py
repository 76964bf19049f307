"""What one operation has to wait for, and why: of several reasons the one that stays the longest."""

from __future__ import annotations

from .edges import Because

Waits = dict[int, int]
"""By the operation that is waited for, as a position among the rows: `Because`."""

# Those at the end would be gone if each of the two operations had memory of its own.
_STRENGTH = (
    Because.READS,
    Because.SAME_OPERATOR,
    Because.UNKNOWN,
    Because.OVERWRITES_READ,
    Because.OVERWRITES,
)
_PLACE = {int(because): place for place, because in enumerate(_STRENGTH)}


def add_wait(waits: Waits, row: int, because: int) -> None:
    """One more reason to wait for an operation."""
    if row not in waits or _PLACE[because] < _PLACE[waits[row]]:
        waits[row] = because
