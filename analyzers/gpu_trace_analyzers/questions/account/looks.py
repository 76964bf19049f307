"""Which threads held a device up in the stretches of a loss, and when?

In the host's part of a gap, and beside a copy before the next compute is launched, it is the launching thread. For a
wait it is the thread that waited, in that call; for the lock, the thread that had it; for the next batch, the loader's
workers, if there are any. What runs on a device has the thread that launched it, in the launching call. A CPU device
runs it on the thread itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...intervals import Intervals, distinct
from ...model import MISSING
from ..host_waits import launched_by
from ..parted import rows_of_each_thread
from ..stacks import loader_workers, samples_of
from ..stretches import pick
from .idle.data import WAITING_FOR_DATA
from .idle.lock import HOST_GIL
from .idle.parts import is_host_part, launching_threads, with_caller
from .idle.synchronized import SYNCHRONIZED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...model import Int64, Trace
    from ..explained import Explained
    from ..stacks import Thread
    from ..stretches import Stretches

    Mask = NDArray[np.bool_]
    Look = tuple[Thread, Intervals]
    """a thread, and when to look at it"""

_BLOCKED = (SYNCHRONIZED.cause, "host_synchronized", "host_allocated")
"""Causes whose witness is the call in which a thread was blocked."""
_LATE = "launched_late"


def looks(found: Explained, which: Mask) -> list[Look]:
    """The threads of the stretches ``which`` of one cause, and when each of them counts."""
    cause = found.rules[int(found.rule[which][0])].cause if which.any() else ""
    if cause in _BLOCKED:
        return _in_calls(found.stretches.trace, found.witness[which])
    if cause == _LATE:
        return _of_late_threads(found.stretches, which)
    if cause == HOST_GIL.cause:
        return _of_holders(found, which)
    return [*_of_launching_threads(found.stretches, which), *_of_operations(found.stretches, which)]


def looks_at_workers(found: Explained, which: Mask) -> list[Look]:
    """The workers of the loader in place of the launching thread, where that waits for them; none without any."""
    cause = found.rules[int(found.rule[which][0])].cause if which.any() else ""
    by_workers = _fetched_by_workers(found, which) if cause == WAITING_FOR_DATA.cause else np.zeros_like(which)
    if not by_workers.any():
        return []
    time = Intervals.of(found.stretches.start_ns[by_workers], found.stretches.end_ns[by_workers])
    workers = [(owner, time) for owner in _workers(found.stretches)]
    return [*workers, *_of_launching_threads(found.stretches, which & ~by_workers)]


def _of_launching_threads(stretches: Stretches, which: Mask) -> list[Look]:
    among = which & (stretches.during == MISSING)
    mine = [(owner, parts[among[parts]]) for owner, parts in launching_threads(stretches)]
    return [_look(stretches, owner, parts) for owner, parts in mine if len(parts)]


def _of_holders(found: Explained, which: Mask) -> list[Look]:
    samples, row = found.stretches.trace.samples, np.where(which, found.witness, MISSING)
    process, thread = pick(samples.process, row), pick(samples.thread, row)
    owners = sorted({*zip(process[which].tolist(), thread[which].tolist(), strict=True)})
    mine = [((p, t), np.flatnonzero((process == p) & (thread == t) & which)) for p, t in owners]
    return [_look(found.stretches, owner, parts) for owner, parts in mine]


def _of_late_threads(stretches: Stretches, which: Mask) -> list[Look]:
    mine = [(owner, parts[which[parts]]) for owner, parts in launched_by(stretches, "after")]
    return [_look(stretches, owner, parts) for owner, parts in mine if len(parts)]


def _look(stretches: Stretches, owner: Thread, parts: Int64) -> Look:
    time = Intervals.of(stretches.start_ns[parts], stretches.end_ns[parts])
    return _sampled(stretches.trace, stretches.device, owner), time


def _of_operations(stretches: Stretches, which: Mask) -> list[Look]:
    """Those of what ran in the stretches, and of what followed where the host had launched that."""
    trace, ran = stretches.trace, stretches.during != MISSING
    among = np.flatnonzero(which & (ran | ~is_host_part(stretches)))
    row = np.where(ran, stretches.during, stretches.after)[among]
    if trace.devices[stretches.device].kind == "gpu":
        return _in_calls(trace, pick(stretches.launched.call, row))
    process, thread = pick(trace.work.process, row), pick(trace.work.stream, row)
    owners = rows_of_each_thread(process, thread)
    return [_look(stretches, owner, among[own]) for owner, own in owners.items() if MISSING not in owner]


def _in_calls(trace: Trace, call: Int64) -> list[Look]:
    """The threads that made these calls, while they were in them."""
    calls, call = trace.calls, distinct(call[call != MISSING])
    process = calls.process[call].astype(np.int64)
    thread = with_caller(trace, process, calls.thread[call])
    mine = {owner: call[own] for owner, own in rows_of_each_thread(process, thread).items()}
    return [(owner, Intervals.of(calls.start_ns[own], calls.end_ns[own])) for owner, own in mine.items()]


def _fetched_by_workers(found: Explained, which: Mask) -> Mask:
    """Which of the stretches wait for worker processes that were sampled."""
    trace, ranges = found.stretches.trace, found.stretches.trace.ranges
    if not _workers(found.stretches):
        return np.zeros_like(which)
    named = np.array([*("_MultiProcessing" in text for text in trace.strings), False], dtype=np.bool_)
    in_range = which & (found.witness < len(ranges))
    name = pick(ranges.name, np.where(in_range, found.witness, MISSING))
    return np.asarray(which & named[name])


def _workers(stretches: Stretches) -> list[Thread]:
    """The workers of the process that launches to the device; of several such, those of its rank."""
    trace = stretches.trace
    launching = np.unique(trace.work.process[trace.work.device == stretches.device]).tolist()
    ranks = {trace.processes[process].rank for process in launching if process != MISSING}
    alone = len(np.unique(trace.work.process)) == 1
    return [
        owner
        for owner in loader_workers(trace)
        if alone or (trace.processes[owner[0]].rank in ranks and MISSING not in ranks)
    ]


def _sampled(trace: Trace, device: int, owner: Thread) -> Thread:
    """The thread; on a CPU the main thread of its process in place of a native one, which has no Python stack."""
    if trace.devices[device].kind == "gpu" or len(samples_of(trace, owner)):
        return owner
    return owner[0], trace.processes[owner[0]].pid
