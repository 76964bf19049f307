"""A whole job, read in this process, one rank after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .gathered import Gathered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..kept.partial import Partial
    from .sources import RankFiles


def in_process(
    files: Sequence[RankFiles], read: Callable[[RankFiles], Partial], done: Callable[[], None] = lambda: None
) -> Partial:
    """The parts of all ranks as one; ``done`` is called after each. Raises what ``read`` raises."""
    gathered = Gathered()
    for each in files:
        gathered.add(read(each))
        done()
    return gathered.whole()
