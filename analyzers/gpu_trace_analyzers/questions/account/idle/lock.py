"""Did another thread hold Python's global interpreter lock (GIL), so that the launching thread could not go on?

One sample of a thread at the lock says little: threads hand it over every 5 ms. Three in a row with no launch between
them show that it stood there. Where it launched in between it had the lock, if only for a moment; of a thread that is
at the lock for half of its time, three samples in a row are at it by chance one time in eight, ten one time in a
thousand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ....model import MISSING, ThreadState
from ...evidence import Fact
from ...explained import Rule
from ...once import once
from ...stacks import runs, samples_of
from .parts import Records, held, launch_times, launching_thread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ....model import Int64, Trace
    from ...stretches import Stretches
    from .parts import Thread

FEWEST = 3
"""samples in a row, with no launch between them"""
FEWEST_WITH_LAUNCHES = 10
_OF_A_ROUND = 4
"""Threads are sampled in rounds: samples of one are closer than a quarter of the time to the next."""


@once
def lock_waits(trace: Trace) -> Records:
    """When threads were at the lock while one other thread had it; each with a sample of that thread as its row."""
    samples = trace.samples
    waiting = np.flatnonzero(samples.state == ThreadState.WAITS_FOR_LOCK)
    owners = sorted({*zip(samples.process[waiting].tolist(), samples.thread[waiting].tolist(), strict=True)})
    found = [(owner, run) for owner in owners for run in _runs(trace, owner)]
    rows = np.array([(run[0], run[1], *owner, run[2]) for owner, run in found], dtype=np.int64).reshape(-1, 5)
    rows = rows[np.lexsort((-rows[:, 1], rows[:, 0]))]
    return Records(*rows.T)


def _runs(trace: Trace, owner: Thread) -> Iterator[tuple[int, int, int]]:
    """From the first to the last sample of each run that says enough, and the holder's sample beside the first."""
    rows, start_ns = samples_of(trace, owner), trace.samples.start_ns
    holder, launched = _holders(trace, rows), launch_times(trace, owner)
    threads = np.where(holder == MISSING, MISSING, trace.samples.thread[holder])
    goes_on = (threads[1:] == threads[:-1]) & (threads[1:] != MISSING)
    goes_on &= trace.samples.end_ns[rows[:-1]] >= start_ns[rows[1:]]
    without = np.diff(np.searchsorted(launched, start_ns[rows])) == 0
    for joins, fewest in ((goes_on, FEWEST_WITH_LAUNCHES), (goes_on & without, FEWEST)):
        for first, last in runs(joins, fewest):
            yield int(start_ns[rows[first]]), int(start_ns[rows[last]]), int(holder[first])


def _holders(trace: Trace, rows: Int64) -> Int64:
    """Beside each sample of a thread at the lock, that of the thread which had it; `MISSING` where none shows one."""
    samples = trace.samples
    holding = (samples.state == ThreadState.HOLDS_LOCK) & (samples.process == samples.process[rows[0]])
    holding &= samples.thread != samples.thread[rows[0]]
    held_at = np.flatnonzero(holding)
    if not len(held_at):
        return np.full(len(rows), MISSING)
    at_ns, times = samples.start_ns[rows], samples.start_ns[held_at]
    place = np.clip(np.searchsorted(times, at_ns), 1, len(times) - 1) if len(times) > 1 else np.zeros(len(rows), int)
    earlier = np.maximum(place - 1, 0)
    nearest = np.where(at_ns - times[earlier] <= times[place] - at_ns, earlier, place)
    together = _OF_A_ROUND * np.abs(times[nearest] - at_ns) <= samples.end_ns[rows] - at_ns
    waits = samples.state[rows] == ThreadState.WAITS_FOR_LOCK
    return np.where(together & waits, held_at[nearest], MISSING)


def _fact(stretches: Stretches, i: int, row: int) -> Fact:
    trace, waits = stretches.trace, lock_waits(stretches.trace)
    process, thread = int(trace.samples.process[row]), int(trace.samples.thread[row])
    name = trace.processes[process].thread_names.get(thread, "")
    after = int(stretches.after[i])
    mine = (waits.process == trace.work.process[after]) & (waits.thread == launching_thread(trace)[after])
    run = int(np.flatnonzero((waits.row == row) & mine)[0])
    who = f"thread {thread} ({name})" if name else f"thread {thread}"
    return Fact(f"{who} held the GIL in every sample", int(waits.end_ns[run] - waits.start_ns[run]))


HOST_GIL = Rule(
    cause="host_gil",
    title="another thread held the GIL",
    remedy="do the work of that thread in another process; free large objects elsewhere",
    find=lambda stretches: held(stretches, lock_waits(stretches.trace)),
    fact=_fact,
)
