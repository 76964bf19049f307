"""What did the host do meanwhile: did it sit in a call, and did it launch work that the trace lost?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ..intervals import Intervals
from ..model import MISSING
from .events import made_to_wait
from .launches import launched_by_thread
from .once import once
from .parted import rows_of_each_thread
from .stretches import pick
from .unmatched import calls_named, lost_launches

if TYPE_CHECKING:
    from ..model import Int64, Trace
    from .stretches import Side, Stretches

    Thread = tuple[int, int]
    """position of a process, and a thread of it"""

SYNCHRONIZING = re.compile(r"Synchronize|^(cuda|hip)Memcpy(?!\w*Async)|^cuMemcpy(?!\w*Async)")
"""Calls that return when the device has got somewhere, by the documentation of the CUDA runtime and driver API."""

ALLOCATING = re.compile(r"^(cuda|hip|cu)\w*(Malloc|Free|Alloc|HostRegister|HostUnregister)(?!\w*Async)")
"""Calls that may wait for the whole device ("implicit synchronization" in CUDA's programming guide)."""

AWAITING_EVENT = re.compile(r"StreamWaitEvent")


def lost_nearby(stretches: Stretches) -> Int64:
    """How many kernels the host launched around each stretch that are not in the trace; `MISSING` for none.

    Around: from the launch of the operation before it to that of the operation after it, both of the device's own
    process. Without such an operation, from the stretch's start, or to its end.
    """
    trace = stretches.trace
    lost = lost_launches(trace)
    if not lost.any():
        return np.full(len(stretches), MISSING)
    since, until = stretches.launch_ns(stretches.before), stretches.launch_ns(stretches.after)
    since = np.where(since == MISSING, stretches.start_ns, since)
    until = np.where(until == MISSING, stretches.end_ns, until)
    own = np.isin(trace.calls.process, trace.work_of(stretches.device).process)
    at_ns = trace.calls.start_ns[lost & own]
    found = np.searchsorted(at_ns, until, side="right") - np.searchsorted(at_ns, since, side="left")
    return np.where(found > 0, found, MISSING)


def blocked_in(stretches: Stretches, pattern: re.Pattern[str]) -> Int64:
    """For each stretch, the call in which the host spent at least half of it before it launched the work that follows.

    The thread that counts is the one which launched that work. (n,) positions in ``Trace.calls``: the last of several;
    `MISSING` where the host did not, or launched the work earlier, or nothing followed.
    """
    found = np.full(len(stretches), MISSING)
    until = np.minimum(stretches.end_ns, stretches.launch_ns(stretches.after))
    named = np.flatnonzero(calls_named(stretches.trace, pattern))
    for owner, which in launched_by(stretches, "after"):
        rows = _of_thread(stretches.trace, named, owner)
        if not len(rows):
            continue
        # The host waits until the launch. The part of that in which any of these calls ran must be half the stretch.
        calls = stretches.trace.calls[rows]
        blocked = Intervals.of(calls.start_ns, calls.end_ns).covered_ns(stretches.start_ns[which], until[which])
        last = np.searchsorted(calls.start_ns, until[which], side="left") - 1
        found[which] = np.where(2 * blocked >= stretches.ns[which], rows[np.maximum(last, 0)], MISSING)
    return found


@once
def waited_for_event(stretches: Stretches, of: Side) -> Int64:
    """For each stretch, the call by which a stream was told to wait for an event, just before an operation's launch.

    The operation is the one ``of`` the stretch, the stream is its own. "Just before": on the launching thread, after
    the launch before it. Where the trace says which stream the call made wait, it must be that of the operation. (n,)
    positions in ``Trace.calls``, or `MISSING`.
    """
    trace, rows, found = stretches.trace, stretches.rows(of), np.full(len(stretches), MISSING)
    waits, launch_ns = np.flatnonzero(calls_named(trace, AWAITING_EVENT)), stretches.launch_ns(rows)
    for owner, which in launched_by(stretches, of):
        mine = _of_thread(trace, waits, owner)
        if not len(mine):
            continue
        # The last of its waits to begin before the launch, unless another launch of the thread came in between.
        last = np.searchsorted(trace.calls.start_ns[mine], launch_ns[which], side="left") - 1
        wait = mine[np.maximum(last, 0)]
        previous = _previous_launch_ns(stretches, owner, launch_ns[which])
        found[which] = np.where((last >= 0) & (trace.calls.start_ns[wait] >= previous), wait, MISSING)
    waiting = made_to_wait(trace, found)
    stream = pick(trace.work.stream, rows)
    return np.where((waiting == MISSING) | (waiting == stream), found, MISSING)


def _previous_launch_ns(stretches: Stretches, owner: Thread, at_ns: Int64) -> Int64:
    issued = stretches.launched.at_ns[launched_by_thread(stretches.trace)[owner]]
    place = np.searchsorted(issued, at_ns, side="left")
    return np.where(place > 0, issued[np.maximum(place - 1, 0)], np.iinfo(np.int64).min)


@once
def launched_by(stretches: Stretches, of: Side) -> tuple[tuple[Thread, Int64], ...]:
    """Each thread that launched the operation ``of`` some stretch, and the positions of those stretches."""
    rows = stretches.rows(of)
    known = np.flatnonzero(stretches.launch_ns(rows) != MISSING)
    process, thread = stretches.trace.work.process[rows[known]], stretches.launched.thread[rows[known]]
    return tuple((owner, known[own]) for owner, own in rows_of_each_thread(process, thread).items())


def _of_thread(trace: Trace, calls: Int64, owner: Thread) -> Int64:
    """Those of the calls that one thread made."""
    return np.asarray(calls[(trace.calls.process[calls] == owner[0]) & (trace.calls.thread[calls] == owner[1])])
