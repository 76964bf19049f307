"""Which ranks does a process group have, by the list of them in a trace?

Kineto lists no more than thirty, and the last: ``[0, 1, ..., 63]``. Where those that it lists are equally far apart,
the others are so too: such are the groups that meshes of devices are made of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEFT_OUT = "..."
_RANKS = re.compile(r"\[[^]]*\]\Z")


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list says."""

    ranks: tuple[int, ...]
    """as far as they are listed, in order"""
    whole: bool
    """whether these are all"""

    def holds(self, rank: int) -> bool | None:
        """Whether a rank is one of them; None where that is not said."""
        if rank in self.ranks:
            return True
        if self.whole or not self.ranks or not self.ranks[0] < rank < self.ranks[-1]:
            return False if self.ranks else None
        return False if rank < self.ranks[-2] else None

    @property
    def all_of_them(self) -> tuple[int, ...] | None:
        """All ranks, also where some are left out of an even list; None where they are not known."""
        if self.whole:
            return self.ranks
        apart = spacing(self.ranks[:-1])
        if not apart or (self.ranks[-1] - self.ranks[0]) % apart:
            return None
        return tuple(range(self.ranks[0], self.ranks[-1] + 1, apart))


def ranks_listed(group: str) -> str:
    """The ranks that a trace lists of a process group: of ``"1 [0, 2]"`` ``"[0, 2]"``; empty if it lists none."""
    found = _RANKS.search(group)
    return found[0] if found else ""


def listed_ranks(text: str) -> Listed:
    """Of ``"[0, 1, 2]"`` all three, of ``"[0, 1, ..., 63]"`` those that it has, of an empty text none."""
    return Listed(tuple(sorted(int(rank) for rank in re.findall(r"\d+", text))), bool(text) and _LEFT_OUT not in text)


def spacing(ranks: Sequence[int]) -> int:
    """How far apart neighbors are; 0 where that differs, or for a single rank."""
    steps = {after - before for before, after in pairwise(ranks)}
    return steps.pop() if len(steps) == 1 else 0
