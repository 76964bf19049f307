"""What did the host do meanwhile: did it sit in a call, and did it launch work that the trace lost?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ..intervals import Intervals
from ..model import MISSING, SyncKind
from .once import once
from .stretches import pick
from .unmatched import calls_named, lost_launches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ..model import HostCalls, Int64, Trace
    from .stretches import Stretches

    Mask = NDArray[np.bool_]

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
    launch_ns = stretches.launch_ns(stretches.after)
    until = np.minimum(stretches.end_ns, launch_ns)
    for which, rows in _by_thread(stretches, calls_named(stretches.trace, pattern)):
        calls = stretches.trace.calls[rows]
        sat = Intervals.of(calls.start_ns, calls.end_ns).covered_ns(stretches.start_ns[which], until[which])
        last = np.searchsorted(calls.start_ns, until[which], side="left") - 1
        found[which] = np.where((2 * sat >= stretches.ns[which]) & (sat > 0), rows[np.maximum(last, 0)], MISSING)
    return found


def waited_for_event(stretches: Stretches, rows: Int64) -> Int64:
    """For each stretch, the call by which the stream of ``rows`` was told to wait for an event, just before its launch.

    "Just before": on the launching thread, after the launch before it. Where the trace says which stream the call made
    wait, it must be that of the row. (n,) positions in ``Trace.calls``, or `MISSING`.
    """
    trace, found = stretches.trace, np.full(len(stretches), MISSING)
    waits = np.flatnonzero(calls_named(trace, AWAITING_EVENT))
    launch_ns = stretches.launch_ns(rows)
    threads = stretches.threads(rows)
    for owner in set(threads):
        mine = waits[_on_thread(trace.calls, owner)[waits]]
        which = np.flatnonzero([thread == owner for thread in threads] & (launch_ns != MISSING))
        if len(mine) and len(which):
            last = np.searchsorted(trace.calls.start_ns[mine], launch_ns[which], side="left") - 1
            wait = mine[np.maximum(last, 0)]
            previous = _previous_launch_ns(stretches, owner, launch_ns[which])
            found[which] = np.where((last >= 0) & (trace.calls.start_ns[wait] >= previous), wait, MISSING)
    waiting = _made_to_wait(trace, found)
    stream = pick(trace.work.stream, rows)
    return np.where((waiting == MISSING) | (waiting == stream), found, MISSING)


def _made_to_wait(trace: Trace, calls: Int64) -> Int64:
    """The stream that each call made wait, by its row in ``Trace.syncs``; `MISSING` where there is none."""
    streams = _streams_of_waits(trace)
    keys = zip(pick(trace.calls.process, calls).tolist(), pick(trace.calls.correlation, calls).tolist(), strict=True)
    return np.array([streams.get(key, MISSING) for key in keys], dtype=np.int64)


@once
def _streams_of_waits(trace: Trace) -> dict[tuple[int, int], int]:
    """The stream that waited, by the process and correlation of the call that made it wait."""
    syncs = trace.syncs[trace.syncs.kind == SyncKind.STREAM_WAIT]
    known = zip(syncs.process.tolist(), syncs.correlation.tolist(), strict=True)
    return dict(zip(known, syncs.stream.tolist(), strict=True))


def _previous_launch_ns(stretches: Stretches, owner: tuple[int, int], at_ns: Int64) -> Int64:
    launched = stretches.launched
    mine = (stretches.trace.work.process == owner[0]) & (launched.thread == owner[1]) & (launched.at_ns != MISSING)
    issued = np.sort(launched.at_ns[mine])
    place = np.searchsorted(issued, at_ns, side="left")
    return np.where(place > 0, issued[np.maximum(place - 1, 0)], np.iinfo(np.int64).min)


def _by_thread(stretches: Stretches, wanted: Mask) -> Iterator[tuple[Int64, Int64]]:
    """Stretches followed by work that each thread launched, and that thread's wanted calls; neither is empty."""
    threads = stretches.threads(stretches.after)
    known = stretches.launch_ns(stretches.after) != MISSING
    for owner in set(threads):
        which = np.flatnonzero([thread == owner for thread in threads] & known)
        rows = np.flatnonzero(wanted & _on_thread(stretches.trace.calls, owner))
        if len(which) and len(rows):
            yield which, rows


def _on_thread(calls: HostCalls, owner: tuple[int, int]) -> Mask:
    return np.asarray((calls.process == owner[0]) & (calls.thread == owner[1]))
