"""Was the link the limit: did copies follow each other without a rest, with compute waiting for their data?

Then no schedule can hide them. Only fewer bytes help.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...intervals import Intervals
from ...model import MISSING
from ..cuts import START_UP_NS
from ..evidence import Fact
from ..explained import Rule
from ..host_waits import AWAITING_EVENT, launched_by
from ..stretches import pick, witness
from ..unmatched import calls_named

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...model import Int64
    from ..stretches import Stretches

FEWEST = 3
"""Copies in a chain: two may be the inputs of one kernel, of which the one that is needed first may come first."""


def copy_bound(stretches: Stretches) -> Int64:
    """The copy of each stretch, where its engine had no rest from the compute before it until after the compute behind.

    That compute had been launched when the stretch began, and its stream waited on an event. (n,) rows, or `MISSING`.
    """
    work, during = stretches.trace.work, stretches.during
    chain_start, chain_end, length = _chains(stretches)
    began, follows = pick(work.start_ns, stretches.before), pick(work.start_ns, stretches.after)
    between = (stretches.before != MISSING) & (stretches.after != MISSING)
    restless = between & (chain_start <= began) & (chain_end > follows) & (length >= FEWEST)
    launch_ns = stretches.launch_ns(stretches.after)
    queued = (launch_ns != MISSING) & (launch_ns <= stretches.start_ns)
    return witness(restless & queued & _waited_on_event(stretches), during)


def _chains(stretches: Stretches) -> tuple[Int64, Int64, Int64]:
    """Of each stretch's copy, the start and the end of the chain of copies that it is in, and how many are in it.

    A chain are copies of one engine that follow each other within `START_UP_NS`.
    """
    work, during = stretches.trace.work, stretches.during
    start_ns, end_ns = np.full(len(stretches), MISSING), np.full(len(stretches), MISSING)
    length = np.zeros(len(stretches), dtype=np.int64)
    engines = pick(work.engine, during)
    for engine in np.unique(engines[during != MISSING]).tolist():
        rows = np.flatnonzero((work.device == stretches.device) & (work.engine == engine))
        chains = Intervals.of(work.start_ns[rows], work.end_ns[rows] + START_UP_NS)
        edges = np.append(chains.start_ns, np.iinfo(np.int64).max)
        counts = np.diff(np.searchsorted(work.start_ns[rows], edges))
        mine = np.flatnonzero(engines == engine)
        place = np.searchsorted(chains.start_ns, work.start_ns[during[mine]], side="right") - 1
        start_ns[mine], end_ns[mine] = chains.start_ns[place], chains.end_ns[place] - START_UP_NS
        length[mine] = counts[place]
    return start_ns, end_ns, length


def _waited_on_event(stretches: Stretches) -> NDArray[np.bool_]:
    """Whether a stream was made to wait on an event between the launches of the compute before and behind a stretch.

    By the thread that launched the one behind. Memsets between the wait and the launch do not hide it.
    """
    trace, found = stretches.trace, np.zeros(len(stretches), dtype=np.bool_)
    waits = np.flatnonzero(calls_named(trace, AWAITING_EVENT))
    launched, before = stretches.launch_ns(stretches.after), stretches.launch_ns(stretches.before)
    for (process, thread), which in launched_by(stretches, "after"):
        mine = waits[(trace.calls.process[waits] == process) & (trace.calls.thread[waits] == thread)]
        at_ns = trace.calls.start_ns[mine]
        since = np.searchsorted(at_ns, before[which])
        found[which] = (before[which] != MISSING) & (np.searchsorted(at_ns, launched[which]) > since)
    return found


COPY_BOUND = Rule(
    cause="copy_bound",
    title="the link is the limit",
    remedy="copy fewer bytes (smaller types, larger batches for one copy), or keep the data on the device",
    find=copy_bound,
    fact=lambda _stretches, _i, _copy: Fact("compute waited on an event, and the next copy followed without a pause"),
    saves_whole_operation=True,
)
