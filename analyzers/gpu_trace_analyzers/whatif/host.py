"""What does the host do in a window, in its own time: launches, and waits for device work?

Its own time is the time without that in which it waited for devices, or for room in the launch queue. All threads that
launch are one program, in the order of their calls: PyTorch's autograd thread launches while the main thread waits
for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..intervals import Intervals
from ..model import MISSING
from ..questions.host_waits import ALLOCATING
from ..questions.launches import launches
from ..questions.once import once
from ..questions.room import waited_for_room
from ..questions.unmatched import calls_named
from .computing import computing_time
from .waits import waits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ..dependencies.edges import Dependencies, HostUses
    from ..model import Int64
    from .window import Part


@dataclass(frozen=True, slots=True, eq=False)
class HostProgram:
    """Launches and waits in order: (e,) each. Operations are positions in the part."""

    at_ns: Int64
    """when each began in the recording, in ns since the window's begin"""
    own_ns: Int64
    """the host's own time from the window's begin until each; never decreases"""
    launched: Int64
    """the operation that it launches, or `MISSING` for a wait"""
    awaited: Sequence[Sequence[int]]
    """the operations that it waits for; empty for a launch"""
    total_own_ns: int
    """the host's own time until it has launched all, and returned from its last wait"""
    computed_ns: Int64
    """of ``own_ns``, what its own operators computed: (e,)"""
    total_computed_ns: int
    """of ``total_own_ns``"""

    def scaled(self, launching: float, computing: float = 1.0) -> HostProgram:
        """A faster or a slower host: what its operators compute times ``computing``, the rest times ``launching``."""
        computed_ns, own_ns = self.computed_ns * computing, self.own_ns - self.computed_ns
        total_computed_ns = round(self.total_computed_ns * computing)
        return replace(
            self,
            own_ns=np.rint(own_ns * launching + computed_ns).astype(np.int64),
            total_own_ns=round((self.total_own_ns - self.total_computed_ns) * launching) + total_computed_ns,
            computed_ns=np.rint(computed_ns).astype(np.int64),
            total_computed_ns=total_computed_ns,
        )

    def waiting_for(self, awaited: Sequence[Sequence[int]]) -> HostProgram:
        """The same with other waits."""
        return replace(self, awaited=awaited)


@once
def host_program(part: Part) -> HostProgram:
    """That of the recording: every call waits for what it waited for."""
    found = waits(part)
    return _program(part, _Waiting(part.trace.calls.start_ns[found.call], found.operation))


def host_by_data(part: Part, known: Dependencies) -> HostProgram:
    """The same launches and operators, but the host waits for data alone.

    An operator of the host waits for what it reads and overwrites. A call waits for copies to the host that no operator
    is known to read later, because code that is not an operator may read it; and for copies from memory that such code
    may have filled again. A call that allocates or frees memory waits as it did, since the script does not
    ask for that wait. Waits after the last launch stay: they are the end of what is timed.
    """
    found, uses = waits(part), known.host_uses
    at_ns = part.trace.calls.start_ns[found.call]
    read_later = _read_later(uses, found.operation, at_ns)
    kept = found.own | (found.to_host & ~read_later) | known.copied_again[found.operation]
    kept |= calls_named(part.trace, ALLOCATING)[found.call] | (at_ns > part.issued_ns.max())
    in_window = (uses.at_ns >= part.begin_ns) & (uses.at_ns < part.host.end_ns)
    return _program(
        part,
        _Waiting(
            np.concatenate([at_ns[kept], uses.at_ns[in_window]]),
            np.concatenate([found.operation[kept], uses.operation[in_window]]),
        ),
    )


def _read_later(uses: HostUses, operation: Int64, at_ns: Int64) -> NDArray[np.bool_]:
    """Which operations have results that an operator of the host reads after a time: (n,) bool."""
    reads = uses[uses.reads == 1]
    last_ns: dict[int, int] = dict(zip(reads.operation.tolist(), reads.at_ns.tolist(), strict=True))
    later = [last_ns.get(k, MISSING) >= at for k, at in zip(operation.tolist(), at_ns.tolist(), strict=True)]
    return np.array(later, np.bool_)


class _Waiting(NamedTuple):
    """Times at which the host waits, and the operation that each is for; several may be at one time."""

    at_ns: Int64
    operation: Int64


def _program(part: Part, wanted: _Waiting) -> HostProgram:
    """Launches, and waits at the times that are wanted."""
    times_ns, group = np.unique(wanted.at_ns, return_inverse=True)
    awaited: list[list[int]] = [[] for _ in times_ns]
    for each, operation in zip(group.tolist(), wanted.operation.tolist(), strict=True):
        awaited[each].append(operation)
    at_ns = np.concatenate([part.issued_ns, times_ns])
    # A copy that blocks its own launch is launched first, and then awaited.
    order = np.argsort(at_ns, kind="stable")
    launched = np.concatenate([np.arange(len(part.rows)), np.full(len(times_ns), MISSING)])[order]
    each_awaited: list[list[int]] = [[] for _ in part.rows] + awaited
    until_ns = np.append(at_ns[order], _done_ns(part))
    waited, computed = waiting(part), computing_time(part) - waiting(part)
    own_ns, computed_ns = part.ns(until_ns) - _until(part, waited, until_ns), _until(part, computed, until_ns)
    return HostProgram(
        part.ns(until_ns[:-1]),
        own_ns[:-1],
        launched,
        [each_awaited[i] for i in order.tolist()],
        int(own_ns[-1]),
        computed_ns[:-1],
        int(computed_ns[-1]),
    )


def _until(part: Part, time: Intervals, until_ns: Int64) -> Int64:
    """How much of a time lies between the begin of the window and each of these: (n,)."""
    return time.covered_ns(np.full(len(until_ns), part.begin_ns), until_ns)


def _done_ns(part: Part) -> int:
    """When the host had launched all, and had returned from its last wait."""
    calls = part.trace.calls.end_ns[waits(part).call]
    return max(int(part.issued_ns.max()), int(calls.max(initial=part.begin_ns)))


@once
def waiting(part: Part) -> Intervals:
    """When any thread of the host waited for device work, or for room in the launch queue."""
    _, start_ns, until_ns = waits(part).until_ns(part)
    trace = part.trace
    call = np.unique(launches(trace).call[part.rows])
    full = call[waited_for_room(trace)[call]]
    starts, ends = (
        np.concatenate([start_ns, trace.calls.start_ns[full]]),
        np.concatenate([until_ns, trace.calls.end_ns[full]]),
    )
    return Intervals.of(starts, ends)
