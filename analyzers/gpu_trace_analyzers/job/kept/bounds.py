"""How many rows are kept of each rank? So many that those of all ranks fit into one memory, however many there are."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST = 20
"""single operations of a job that are kept by name"""
_STEPS = 1 << 19
"""of all ranks, in 88 bytes each"""
_COLLECTIVES = 1 << 20
"""of all ranks, in 136 bytes each"""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The first rows of each rank's window, as many as this."""

    steps: int
    collectives: int

    @classmethod
    def of(cls, ranks: int) -> Bounds:
        """For a job of so many ranks: all of them know it before any is read, so no rank's rows depend on another's."""
        return cls(
            steps=min(max(_STEPS // max(ranks, 1), 128), 4096),
            collectives=min(max(_COLLECTIVES // max(ranks, 1), 256), 16384),
        )
