"""What does the host do in a window, in its own time: launches, and waits for device work?

Its own time is the time without that in which it waited for devices, or for room in the launch queue. All threads that
launch are one program, in the order of their calls: PyTorch's autograd thread launches while the main thread waits
for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..intervals import Intervals
from ..model import MISSING
from ..questions.launches import launches
from ..questions.room import waited_for_room
from .waits import waits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..model import Int64
    from .waits import Waits
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

    def scaled(self, share: float) -> HostProgram:
        """A host that is faster, or slower: its own time times ``share``."""
        own_ns = np.rint(self.own_ns * share).astype(np.int64)
        return replace(self, own_ns=own_ns, total_own_ns=round(self.total_own_ns * share))

    def waiting_for(self, awaited: Sequence[Sequence[int]]) -> HostProgram:
        """The same with other waits."""
        return replace(self, awaited=awaited)


def host_program(part: Part, *, only_results: bool = False) -> HostProgram:
    """That of the recording. ``only_results``: without waits after which the host can read no result.

    Waits after the last launch stay in any case: they are the end of what is timed.
    """
    found, waited = waits(part), waiting(part)
    calls, _, _ = found.until_ns(part)
    at_ns = np.concatenate([part.issued_ns, part.trace.calls.start_ns[calls]])
    # A copy that blocks its own launch is launched first, and then awaited.
    order = np.argsort(at_ns, kind="stable")
    launched = np.concatenate([np.arange(len(part.rows)), np.full(len(calls), MISSING)])
    awaited = [(), *_awaited(part, found, calls, only_results)]
    which = np.concatenate([np.zeros(len(part.rows), np.int64), 1 + np.arange(len(calls))])[order]
    done_ns = max(int(at_ns.max()), int(part.trace.calls.end_ns[calls].max(initial=part.begin_ns)))
    until_ns = np.append(at_ns[order], done_ns)
    own_ns = part.ns(until_ns) - waited.covered_ns(np.full(len(until_ns), part.begin_ns), until_ns)
    each = [awaited[i] for i in which.tolist()]
    return HostProgram(part.ns(until_ns[:-1]), own_ns[:-1], launched[order], each, int(own_ns[-1]))


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


def _awaited(part: Part, found: Waits, calls: Int64, only_results: bool) -> Sequence[Sequence[int]]:
    """The operations that each call waits for."""
    first, last = np.searchsorted(found.call, calls), np.searchsorted(found.call, calls, side="right")
    ends_window = part.trace.calls.start_ns[calls] > part.issued_ns.max()
    each = []
    for a, b, ends in zip(first.tolist(), last.tolist(), ends_window.tolist(), strict=True):
        kept = found.brings_result[a:b] | (not only_results or ends)
        each.append(found.operation[a:b][kept].tolist())
    return each
