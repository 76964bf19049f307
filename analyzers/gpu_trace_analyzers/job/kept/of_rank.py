"""From the trace of one rank to what is kept of it, in exact integers: about 7 kB for each hundred collectives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...readers.base.building import Strings
from .account import losses_of, ranks_of
from .collectives import collective_rows, collectives_of, groups_of
from .one_rank import OneRank
from .operations import lengths_of, operation_rows, operations_of
from .partial import Partial
from .steps import steps_of

if TYPE_CHECKING:
    from ...analysis import Analysis
    from .bounds import Bounds


def of_rank(analysis: Analysis, path: str, bounds: Bounds) -> Partial:
    """What is kept of a trace of one rank, which is called ``path`` in the run; merging puts it in order.

    Raises `UsageError` where no range has the name that was asked for as that of steps.
    """
    rank, strings = OneRank(analysis), Strings()
    talking, done = collective_rows(rank), operation_rows(rank)
    collectives = collectives_of(rank, talking, strings, bounds.collectives)
    tables = {
        "ranks": ranks_of(rank, path, strings, len(talking), len(collectives)),
        "losses": losses_of(rank, strings),
        "steps": steps_of(rank, bounds.steps),
        "collectives": collectives,
        "groups": groups_of(rank, talking, strings),
        "operations": operations_of(rank, done, strings),
        "lengths": lengths_of(rank, done, strings),
    }
    return Partial.of(strings, tables)
