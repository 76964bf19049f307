"""Which files say that they are of one rank? Those of a job, each called after another, may be copies of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING
from ...units import count
from ..kept.merged import merged
from ..kept.partial import Partial
from ..kept.tables import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Int64


def without_ranks_said_twice(part: Partial) -> Partial:
    """The job without the ranks that several files say to be: which of them is right is not known."""
    ranks, files = np.unique(part.ranks.rank, return_counts=True)
    twice = ranks[(files > 1) & (ranks != MISSING)]
    if not len(twice):
        return part
    kept = {
        name: table if name == "unreadable" or "rank" not in table.columns() else table[~np.isin(table.rank, twice)]
        for name, table in part.tables().items()
    }
    return merged([Partial.of(part.strings, kept), *_left_out(part, twice)])


def _left_out(part: Partial, twice: Int64) -> Iterator[Partial]:
    """A row of `Unreadable` for each of their files."""
    for rank in twice.tolist():
        paths = [part.text(code) for code in part.ranks.path[part.ranks.rank == rank].tolist()]
        others = count(len(paths) - 1, "other file")
        for path in paths:
            says = "says" if len(paths) == 2 else "say"
            problem = f"{path}: says that it is of rank {rank}, as {others} {says}, so none of them is used"
            yield Partial((path, problem), unreadable=Unreadable.of({"rank": [rank], "path": [0], "problem": [1]}))
