"""When does a stream have to wait for another one? Where the host says so, or waits itself in between."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..model import MISSING, SyncKind
from ..questions.events import events_of
from ..questions.host_waits import ALLOCATING, AWAITING_EVENT, SYNCHRONIZING
from ..questions.unmatched import calls_named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import Int64, Trace

Stream = tuple[int, int]
"""position of a device, and a stream of it"""


class Ordered(NamedTuple):
    """From one time on, what is launched on a stream has to wait for what was launched on another one."""

    at_ns: int
    waiting: Stream | None
    """None for every stream"""
    awaited: int | None
    """the id of the other stream; None for every stream"""
    before: int
    """the rows before this one are waited for"""


def orders_between_streams(trace: Trace, process: int, launched_ns: Int64) -> list[Ordered]:
    """All of a process, in order of time; ``launched_ns`` are the times of the launches, (n,) int64, in order."""
    both = [*_by_host(trace, process, launched_ns), *_by_events(trace, process, launched_ns)]
    return sorted(both, key=attrgetter("at_ns"))


def _by_host(trace: Trace, process: int, launched_ns: Int64) -> Iterator[Ordered]:
    """What the host launches after it has waited, or may have, can use all that it waited for."""
    named = calls_named(trace, SYNCHRONIZING) | calls_named(trace, ALLOCATING)
    at_ns = trace.calls.start_ns[named & (trace.calls.process == process)]
    for time, before in zip(at_ns.tolist(), np.searchsorted(launched_ns, at_ns).tolist(), strict=True):
        yield Ordered(time, None, None, before)


def _by_events(trace: Trace, process: int, launched_ns: Int64) -> Iterator[Ordered]:
    """Where the trace does not say which streams, they may be any."""
    calls = np.flatnonzero(calls_named(trace, AWAITING_EVENT) & (trace.calls.process == process))
    awaited, recorded_ns = events_of(trace, calls)
    at_ns = trace.calls.start_ns[calls]
    before = np.searchsorted(launched_ns, np.where(recorded_ns == MISSING, at_ns, recorded_ns))
    waiting = _waiting_streams(trace, process)
    columns = (calls, at_ns, awaited, before)
    for call, time, stream, row in zip(*(column.tolist() for column in columns), strict=True):
        who = waiting.get(int(trace.calls.correlation[call]))
        yield Ordered(time, who, None if who is None or stream == MISSING else stream, row)


def _waiting_streams(trace: Trace, process: int) -> dict[int, Stream]:
    """The stream that was made to wait, by the correlation of the call."""
    syncs = trace.syncs[(trace.syncs.kind == SyncKind.STREAM_WAIT) & (trace.syncs.process == process)]
    streams = zip(syncs.device.tolist(), syncs.stream.tolist(), strict=True)
    return dict(zip(syncs.correlation.tolist(), streams, strict=True))
