"""Did the launching thread wait for its next batch, and what makes batches late?

The range ``enumerate(DataLoader)#CLASS.__next__`` of PyTorch says by its class whether there are worker processes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ....model import MISSING
from ...evidence import Fact
from ...explained import Rule
from .parts import held, launch_times
from .records import batches
from .sampled_batches import sampled_batches

if TYPE_CHECKING:
    from ....model import Int64, Trace
    from ...explained import Explained
    from ...stretches import Stretches
    from .parts import Mask, Records

IN_MEMORY_NS = 1_000_000
"""Batches that take less come from memory: what costs is to put them together, item by item."""
MOSTLY = 0.8
"""of the waiting time: so much of it between epochs is the start and the end of the workers"""

_ANY = "prepare batches in other processes, ahead of the step that needs them"
_NO_WORKERS = "prepare batches in worker processes (num_workers, pin_memory=True), or make the transforms cheaper"
_NO_WORKERS_ON_CPU = "prepare batches in worker processes (num_workers), or make the transforms cheaper"
_SLOW_WORKERS = "more workers within the CPU's cores, or cheaper transforms"
_START = "keep the workers between epochs (persistent_workers=True)"
_SLICES = "the data is in memory, so slice whole batches from it instead of collating items"


def _find(stretches: Stretches) -> Int64:
    """The range in which the thread waited, or behind all these a sample of it there."""
    in_range, sampled = held(stretches, batches(stretches.trace)), held(stretches, sampled_batches(stretches.trace))
    behind = np.where(sampled == MISSING, MISSING, len(stretches.trace.ranges) + sampled)
    return np.where(in_range != MISSING, in_range, behind)


def _fact(stretches: Stretches, _i: int, row: int) -> Fact:
    trace, ranges = stretches.trace, stretches.trace.ranges
    if row >= len(ranges):
        spans = sampled_batches(trace)
        run = int(np.flatnonzero(spans.row == row - len(ranges))[0])
        return Fact("samples show the host in __next__ of the loader", int(spans.end_ns[run] - spans.start_ns[run]))
    return Fact(f"the host was in {trace.text(int(ranges.name[row]))}", int(ranges.end_ns[row] - ranges.start_ns[row]))


WAITING_FOR_DATA = Rule(
    cause="waiting_for_data",
    title="waiting for the next batch",
    remedy=_ANY,
    find=_find,
    fact=_fact,
)


def data_remedy(found: Explained) -> str:
    """What helps against the waiting in the stretches that `WAITING_FOR_DATA` explains."""
    members = found.have(WAITING_FOR_DATA.cause)
    if not members.any():
        return WAITING_FOR_DATA.remedy
    trace, row, ns = found.stretches.trace, found.witness[members], found.stretches.ns[members]
    ranged = row < len(trace.ranges)  # samples do not tell the class of the loader
    if 2 * int(ns[ranged].sum()) <= int(ns.sum()):
        return WAITING_FOR_DATA.remedy
    row, ns = row[ranged], ns[ranged]
    names = [trace.text(code) for code in trace.ranges.name[row].tolist()]
    by_workers = np.array(["_MultiProcessing" in name for name in names])
    alone = np.array(["_SingleProcess" in name for name in names])
    if 2 * int(ns[by_workers].sum()) > int(ns.sum()):
        at_start = int(ns[_between_epochs(trace)[row]].sum())
        return _START if at_start >= MOSTLY * int(ns.sum()) else _SLOW_WORKERS
    if 2 * int(ns[alone].sum()) > int(ns.sum()):
        taken = trace.ranges.end_ns[np.unique(row)] - trace.ranges.start_ns[np.unique(row)]
        on_cpu = trace.devices[found.stretches.device].kind == "cpu"
        slow = _NO_WORKERS_ON_CPU if on_cpu else _NO_WORKERS
        return _SLICES if np.median(taken) < IN_MEMORY_NS else slow
    return _ANY


def _between_epochs(trace: Trace) -> Mask:
    """Which ranges of the trace wait for workers that end or begin: the last of an epoch, and the first of the next.

    The last wait of an epoch finds no batch, so its thread launches nothing before the next wait. The first ones are
    those before the workers catch up, which is when a wait returns at once. Of epochs in which none does, and of a
    thread that takes several batches before it launches anything, nothing can be said.
    """
    found, waits = np.zeros(len(trace.ranges), np.bool_), batches(trace)
    for owner in sorted({*zip(waits.process.tolist(), waits.thread.tolist(), strict=True)}):
        mine = waits.of_thread(owner)
        at_ns = launch_times(trace, owner)
        last = np.searchsorted(at_ns, mine.start_ns[1:]) == np.searchsorted(at_ns, mine.end_ns[:-1])
        if 0 < 2 * last.sum() < len(mine):
            found[mine.row[np.append(last, False)]] = True
            found[mine.row[_before_the_first_short(mine, np.append(False, last))]] = True
    return found


def _before_the_first_short(waits: Records, begins: Mask) -> Int64:
    """Positions of the waits of each epoch before the first that returns at once; ``begins`` are the first of each."""
    epoch, short = np.cumsum(begins), np.flatnonzero(waits.end_ns - waits.start_ns < IN_MEMORY_NS)
    caught_up, first = np.unique(epoch[short], return_index=True)
    until = np.zeros(int(epoch[-1]) + 1, np.int64)
    until[caught_up] = short[first]
    return np.flatnonzero(np.arange(len(waits)) < until[epoch])
