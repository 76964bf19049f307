"""What does it cost that launched work does not begin at once, though nothing holds it up?

Between two operations of one stream a GPU takes some microseconds. Where that adds up, fewer operations help.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ....few_distinct import few_distinct
from ....model import MISSING
from ...cuts import START_UP_NS
from ...evidence import Fact, work_name
from ...explained import Rule
from ...grouped import summed
from ...once import once
from ...stretches import pick, witness
from .optimizer import optimizer_remedy
from .started import launched_before

if TYPE_CHECKING:
    from ....model import Int64
    from ...explained import Explained
    from ...stretches import Stretches
    from .parts import Mask

LEAST_SHARE = 0.02
"""of the window: below it the gaps are not worth a remedy"""
BETWEEN_NS = 1_000
"""An H200 leaves some 0.7 us between the kernels of one graph, and 1 to 3 us between others: so much stays."""


def _queued(stretches: Stretches) -> Int64:
    return witness(launched_before(stretches), stretches.after)


def _short_or_launching(stretches: Stretches) -> Int64:
    """The work that follows, where it began within a start of the gap's begin, or of the return of its launch call."""
    returned = pick(stretches.trace.calls.end_ns, pick(stretches.launched.call, stretches.after))
    inside = (returned != MISSING) & (stretches.end_ns <= returned + START_UP_NS)
    return np.where((stretches.ns <= START_UP_NS) | inside, _queued(stretches), MISSING)


def _fact(stretches: Stretches, i: int, following: int) -> Fact:
    ago = int(stretches.end_ns[i] - stretches.launched.at_ns[following])
    return Fact("it started", ago, then="after its launch")


QUEUED = Rule(
    cause="queued",
    title="between launch and start",
    remedy="",
    find=_short_or_launching,
    fact=_fact,
)


def saved_ns(found: Explained) -> Int64:
    """How much of each stretch could be saved: of short ones that are queued what a graph would not leave."""
    stretches = found.stretches
    short = (stretches.ns <= START_UP_NS) & ~_in_one_replay(stretches)
    saved = np.where(short, np.maximum(0, stretches.ns - BETWEEN_NS), 0)
    return np.where(found.have(QUEUED.cause), saved, found.bound)


@once
def _in_one_replay(stretches: Stretches) -> Mask:
    """Which stretches lie between two operations of one replay of a graph."""
    work, same = stretches.trace.work, pick(stretches.trace.work.graph, stretches.after) != MISSING
    if same.any():
        for column in (work.graph, work.process, work.correlation):
            same &= pick(column, stretches.before) == pick(column, stretches.after)
    return np.asarray(same)


def told(found: Explained, window_ns: int) -> Rule:
    """The rule with its remedy, and the sequence that costs most, where short gaps add up to enough of a window."""
    stretches = found.stretches
    members = np.flatnonzero(found.have(QUEUED.cause) & (stretches.ns <= START_UP_NS) & ~_in_one_replay(stretches))
    if not len(members) or int(stretches.ns[members].sum()) < LEAST_SHARE * window_ns:
        return QUEUED
    before, after, ns = _costliest(stretches, members)
    first, second = (work_name(stretches.trace, row) for row in (before, after))
    fact = Fact(f"the sequence that costs most is {first}, then {second}", ns)
    remedy = optimizer_remedy(stretches, members) or "fuse operations (torch.compile), or replay them as a CUDA graph"
    return replace(QUEUED, remedy=remedy, fact=lambda _stretches, _i, _row: fact)


def _costliest(stretches: Stretches, members: Int64) -> tuple[int, int, int]:
    """Rows of the two operations, by their names, between which most of the time passed, and that time."""
    names = stretches.trace.work.name.astype(np.int64)
    before, after = stretches.before[members], stretches.after[members]
    pairs, place = few_distinct(names[before] * (len(stretches.trace.strings) + 1) + names[after])
    ns = summed(place, stretches.ns[members], len(pairs))
    most = int(np.argmax(ns))
    first = int(np.argmax(place == most))
    return int(before[first]), int(after[first]), int(ns[most])
