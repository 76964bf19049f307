"""A part of a job: what was kept of some of its ranks. Parts add up to the job, in any order, to the same bytes."""

from __future__ import annotations

from dataclasses import dataclass, field

from .tables import Collectives, Groups, Lengths, Losses, Operations, Ranks, Steps, Unreadable


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """Tables of some ranks. ``strings`` are sorted, and only those that a table has."""

    strings: tuple[str, ...] = ()
    ranks: Ranks = field(default_factory=Ranks.empty)
    losses: Losses = field(default_factory=Losses.empty)
    steps: Steps = field(default_factory=Steps.empty)
    collectives: Collectives = field(default_factory=Collectives.empty)
    groups: Groups = field(default_factory=Groups.empty)
    operations: Operations = field(default_factory=Operations.empty)
    lengths: Lengths = field(default_factory=Lengths.empty)
    unreadable: Unreadable = field(default_factory=Unreadable.empty)

    def text(self, code: int) -> str:
        """The string behind a code; empty for `MISSING`."""
        return self.strings[code] if code >= 0 else ""
