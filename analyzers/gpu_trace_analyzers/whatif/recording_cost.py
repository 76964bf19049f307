"""How fast would the host be without being recorded? Its own time, less what recording adds to it.

That is the profiler's own overhead, as CUPTI records it, and what each operator and each call takes longer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..intervals import Intervals
from .host import waiting

if TYPE_CHECKING:
    from ..model import Int64
    from .host import HostProgram
    from .window import Part

_LEAST = 0.2
"""The part of the recorded time that remains at least, beside what operators of the host computed: what recording costs
varies, and cannot be all of it."""


@dataclass(frozen=True, slots=True)
class RecordingCost:
    """What recording adds to the host's time, as it was measured in the same run."""

    operator_ns: int = 0
    call_ns: int = 0

    def scaled(self, share: float) -> RecordingCost:
        """A part of it."""
        return RecordingCost(round(self.operator_ns * share), round(self.call_ns * share))

    def towards(self, other: RecordingCost, share: float) -> RecordingCost:
        """This part of the way from it to another."""
        by_operator, by_call = other.operator_ns - self.operator_ns, other.call_ns - self.call_ns
        return RecordingCost(self.operator_ns + round(by_operator * share), self.call_ns + round(by_call * share))


def stated_cost(part: Part) -> RecordingCost:
    """As the trace states it of the process; nothing where it does not."""
    pid = part.trace.processes[part.process].pid
    told = next((each for each in part.trace.source.dependencies if each.pid == pid), None)
    if told is None:
        return RecordingCost()
    return RecordingCost(max(0, told.cost_ns_per_operator), max(0, told.cost_ns_per_call))


def without_recording(part: Part, host: HostProgram, cost: RecordingCost) -> HostProgram:
    """The program of the host as fast as it is when nothing records it."""
    at_ns = part.begin_ns + np.concatenate([[0], host.at_ns, [max(part.window.ns, int(host.at_ns.max(initial=0)))]])
    added_ns = np.diff(_begun(part, cost, at_ns)) + _overhead_ns(part, at_ns)
    own_ns = np.diff(np.concatenate([[0], host.own_ns, [host.total_own_ns]]))
    computed_ns = np.diff(np.concatenate([[0], host.computed_ns, [host.total_computed_ns]]))
    least_ns = computed_ns + np.rint((own_ns - computed_ns) * _LEAST).astype(np.int64)
    left_ns = np.maximum(own_ns - added_ns, least_ns)
    own = np.cumsum(np.where(added_ns > 0, left_ns, own_ns))
    return replace(host, own_ns=own[:-1], total_own_ns=int(own[-1]))


def _begun(part: Part, cost: RecordingCost, at_ns: Int64) -> Int64:
    """What the operators and calls that had begun until each time have added, together."""
    operators, calls = (
        np.sort(table.start_ns[table.process == part.process]) for table in (part.trace.operators, part.trace.calls)
    )
    return np.searchsorted(operators, at_ns) * cost.operator_ns + np.searchsorted(calls, at_ns) * cost.call_ns


def _overhead_ns(part: Part, at_ns: Int64) -> Int64:
    """The profiler's own overhead from each time to the next, in which the host did not wait anyway."""
    rows = part.trace.overheads[part.trace.overheads.process == part.process]
    overhead = Intervals.of(rows.start_ns, rows.end_ns) - waiting(part)
    return overhead.covered_ns(at_ns[:-1], at_ns[1:])
