"""Which operations contradict the host: before their launch, after a wait for them, or far from all that it did?

The clocks of host and device are two, so a little is allowed. In 60 recorded traces (NVIDIA GPUs up to the B200, AMD's
from MI210 to MI300, Kineto of 2021 to 2026) no operation begins earlier than 2 us after the start of its call, and all
end at least 2.8 us before a synchronization that waited for them returned, except one on an MI300, 8 us after it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from ...intervals import Intervals
from ...model import MISSING, SyncKind
from .stream_order import NEVER_NS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ...model import DeviceWork, Int64, Trace

    Mask = NDArray[np.bool_]

SKEW_NS = 100_000
"""By how much the clocks of host and device may differ: twelve times the most that was measured."""

FAR_NS = 600 * 10**9
"""How long no host is silent while a GPU works for it: at the end of long work it waits, and that is a call."""

_WAITS_FOR_DEVICE = re.compile(r"^(cuda|hip|cu)(Device|Ctx)Synchronize")


def waited_until(trace: Trace, launched_ns: Int64) -> Int64:
    """When the first synchronization that waited for each operation had returned; `NEVER_NS` where none did.

    ``launched_ns``: (n,) by when each row of ``Trace.work`` was launched.
    """
    until = np.full(len(trace.work), NEVER_NS)
    for rows, asked_ns, returned_ns in (*_synchronizations(trace), *_device_calls(trace, launched_ns)):
        by_start = np.argsort(asked_ns, kind="stable")
        earliest = np.concatenate((np.minimum.accumulate(returned_ns[by_start][::-1])[::-1], [NEVER_NS]))
        found = earliest[np.searchsorted(asked_ns[by_start], launched_ns[rows], side="left")]
        until[rows] = np.minimum(until[rows], found)
    return until


def _synchronizations(trace: Trace) -> Iterator[tuple[Int64, Int64, Int64]]:
    """The rows of ``Trace.work`` that some rows of ``Trace.syncs`` waited for, and when these began and ended.

    These do not say which context they waited in, so work of several contexts that they may mean is left out.
    """
    work, syncs = trace.work, trace.syncs
    for kind in (SyncKind.CONTEXT, SyncKind.STREAM):
        of_kind = syncs[(syncs.kind == kind) & (syncs.device != MISSING)]
        on_stream = kind == SyncKind.STREAM
        places = zip(of_kind.process.tolist(), of_kind.device.tolist(), of_kind.stream.tolist(), strict=True)
        for process, device, stream in {place if on_stream else (*place[:2], MISSING) for place in places}:
            mine = (of_kind.process == process) & (of_kind.device == device)
            rows = (work.process == process) & (work.device == device)
            if on_stream:
                mine &= of_kind.stream == stream
                rows &= work.stream == stream
            if _all_alike(work.context[rows]):
                yield np.flatnonzero(rows), of_kind.start_ns[mine], of_kind.end_ns[mine]


def _device_calls(trace: Trace, launched_ns: Int64) -> Iterator[tuple[Int64, Int64, Int64]]:
    """The same for calls that wait for a whole device, where the process has work on one device only.

    Nothing says which device such a call waited for, and it may be one without any work: a process that computes on its
    second GPU and never makes that the current one. There it returns at once, while the work goes on.
    """
    work, calls = trace.work, trace.calls
    waits = trace.says(calls.name, _WAITS_FOR_DEVICE) & (calls.end_ns - calls.start_ns >= SKEW_NS)
    for process in np.unique(calls.process[waits]).tolist():
        rows = np.flatnonzero(work.process == process)
        if _all_alike(work.device[rows]):
            mine = waits & (calls.process == process)
            asked_ns, returned_ns = calls.start_ns[mine], calls.end_ns[mine]
            order = rows[np.argsort(launched_ns[rows], kind="stable")]
            before = np.searchsorted(launched_ns[order], asked_ns, side="right")
            believed = _second_latest(work.end_ns[order])[before] <= returned_ns + SKEW_NS
            yield rows, asked_ns[believed], returned_ns[believed]


def _all_alike(column: NDArray[Any]) -> bool:
    """Whether there is one value, in one row or more."""
    return len(column) > 0 and bool((column == column[0]).all())


def _second_latest(end_ns: Int64) -> Int64:
    """(n + 1,): of the first 0 to n values the second highest, which a single wrong stamp does not change."""
    highest_before = np.concatenate(([-NEVER_NS], np.maximum.accumulate(end_ns)[:-1]))
    return np.concatenate(([-NEVER_NS], np.maximum.accumulate(np.minimum(end_ns, highest_before))))


def far_from_host(trace: Trace) -> Mask:
    """Operations that begin or end further than `FAR_NS` from everything that the host did; none without any call."""
    if not len(trace.calls):
        return np.zeros(len(trace.work), dtype=np.bool_)
    near = _near_host(trace)
    return ~(near.covers(trace.work.start_ns) & near.covers(trace.work.end_ns))


def _near_host(trace: Trace) -> Intervals:
    """The time within `FAR_NS` of what the host did."""
    every = (trace.calls, trace.operators, trace.ranges, trace.syncs, trace.overheads)
    tables = [table for table in every if len(table)]
    first_ns, last_ns = (
        min(int(table.start_ns[0]) for table in tables),
        max(int(table.end_ns.max()) for table in tables),
    )
    if last_ns - first_ns <= FAR_NS:  # mostly: then all that lies between is near
        return Intervals.from_pairs([(first_ns - FAR_NS, last_ns + FAR_NS + 1)])
    starts, ends = (np.concatenate([getattr(table, name) for table in tables]) for name in ("start_ns", "end_ns"))
    return Intervals.of(starts - FAR_NS, ends + FAR_NS + 1)


def before_launch(work: DeviceWork, called_ns: Int64, known: Mask) -> Mask:
    """Operations that began before the call that launched them did; only ``known`` rows have such a call."""
    return np.asarray(known & (work.start_ns < called_ns - SKEW_NS))
