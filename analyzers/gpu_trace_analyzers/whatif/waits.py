"""In which calls did the host wait for device work, for which, and until when?

A call that synchronizes waits for what its stream, its event or its device has to do, as CUPTI recorded it; where that
is unknown, for what had ended when it returned. A copy of pageable memory blocks its launching call. Calls that
allocate or free memory count where they did wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING, Engine
from ..questions.events import awaited_by
from ..questions.host_waits import ALLOCATING, SYNCHRONIZING
from ..questions.launches import launches
from ..questions.once import once
from ..questions.unmatched import calls_named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ..model import HostCalls, Int64
    from .window import Part

_COPIES = (Engine.COPY_H2D, Engine.COPY_D2H)


@dataclass(frozen=True, slots=True, eq=False)
class Waits:
    """A row per pair of a call that waited and an operation that it waited for; operations as positions in the part."""

    call: Int64
    """in ``Trace.calls``"""
    operation: Int64
    to_host: NDArray[np.bool_]
    """whether the operation copied to the host"""
    own: NDArray[np.bool_]
    """whether the call launched it, and blocked until it had ended"""

    def until_ns(self, part: Part) -> tuple[Int64, Int64, Int64]:
        """Each call that waited, when it began, and until when it waited: (calls,) int64 each."""
        calls, trace = np.unique(self.call), part.trace
        ends = np.full(len(calls), np.iinfo(np.int64).min)
        np.maximum.at(ends, np.searchsorted(calls, self.call), trace.work.end_ns[part.rows[self.operation]])
        start_ns = trace.calls.start_ns[calls]
        return calls, start_ns, np.clip(ends, start_ns, trace.calls.end_ns[calls])


@once
def waits(part: Part) -> Waits:
    """All of a part, by call, and of each call by operation."""
    pairs = [*_synchronizing(part), _blocking(part)]
    call, operation = (np.concatenate([pair[i] for pair in pairs]) for i in (0, 1))
    order = np.lexsort((operation, call))
    call, operation = call[order], operation[order]
    new = np.ones(len(call), np.bool_)
    new[1:] = (np.diff(call) != 0) | (np.diff(operation) != 0)
    engine = part.trace.work.engine[part.rows[operation]]
    own = launches(part.trace).call[part.rows[operation]] == call
    return Waits(call[new], operation[new], (engine == Engine.COPY_D2H)[new], own[new])


def _synchronizing(part: Part) -> Iterator[tuple[Int64, Int64]]:
    """Of each stream, the last operation that each call waited for, and the last copy to the host before it."""
    trace, calls = part.trace, _calls(part)
    device, stream = awaited_by(trace, calls)
    must_wait = calls_named(trace, SYNCHRONIZING)[calls]
    of_event = np.array(["Event" in trace.text(code) for code in trace.calls.name[calls].tolist()], np.bool_)
    keys = np.stack([trace.work.device[part.rows], trace.work.stream[part.rows]])
    for own_device, own_stream in np.unique(keys, axis=1).T.tolist():
        mine = np.flatnonzero((keys[0] == own_device) & (keys[1] == own_stream))
        concerns = ((device == MISSING) | (device == own_device)) & ((stream == MISSING) | (stream == own_stream))
        last = _last_ended(part, mine, trace.calls[calls])
        waited = (last >= 0) & concerns
        until_ns = trace.work.end_ns[part.rows[mine[np.maximum(last, 0)]]]
        # An event of unknown stream is that of the work that ended during the call; a free did not need to wait.
        waited &= (until_ns > trace.calls.start_ns[calls]) | (must_wait & ~(of_event & (stream == MISSING)))
        yield calls[waited], mine[last[waited]]
        result = _last_result(part, mine)[np.maximum(last, 0)]
        reads = waited & (result != MISSING)
        yield calls[reads], result[reads]


def _calls(part: Part) -> Int64:
    trace = part.trace
    named = calls_named(trace, SYNCHRONIZING) | calls_named(trace, ALLOCATING)
    named &= (trace.calls.process == part.process) & (trace.calls.start_ns >= part.host.start_ns)
    return np.flatnonzero(named & (trace.calls.start_ns < part.host.end_ns))


def _last_ended(part: Part, mine: Int64, calls: HostCalls) -> Int64:
    """Of one stream's operations, the last that was launched before each call and had ended when that returned."""
    issued = np.searchsorted(part.issued_ns[mine], calls.start_ns, side="left") - 1
    ends_ns = np.maximum.accumulate(part.trace.work.end_ns[part.rows[mine]])
    return np.minimum(issued, np.searchsorted(ends_ns, calls.end_ns, side="right") - 1)


def _last_result(part: Part, mine: Int64) -> Int64:
    """For each of one stream's operations, the last copy to the host up to it; `MISSING` for none."""
    to_host = part.trace.work.engine[part.rows[mine]] == Engine.COPY_D2H
    place = np.maximum.accumulate(np.where(to_host, np.arange(len(mine)), MISSING))
    return np.where(place >= 0, mine[np.maximum(place, 0)], MISSING)


def _blocking(part: Part) -> tuple[Int64, Int64]:
    """Copies that their own launching call waited for."""
    trace, rows = part.trace, part.rows
    call = launches(trace).call[rows]
    ended = trace.work.end_ns[rows] <= trace.calls.end_ns[call]
    blocking = np.flatnonzero(ended & np.isin(trace.work.engine[rows], [int(engine) for engine in _COPIES]))
    return call[blocking], blocking
