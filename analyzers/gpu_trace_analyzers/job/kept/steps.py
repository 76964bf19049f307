"""What did each step of a rank take, on its devices and on its host?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...intervals import Intervals
from ...model import MISSING
from ...questions.host_waits import SYNCHRONIZING
from ...questions.launches import launching
from ...questions.room import waited_for_room
from ...questions.unmatched import calls_named
from ...vocabulary.losses import Owner
from .kernels import kernels_of
from .tables import Steps

if TYPE_CHECKING:
    from ...model import Int64
    from ...questions.steady.steps import Steps as FoundSteps
    from .one_rank import OneRank


def steps_of(rank: OneRank, most: int) -> Steps:
    """A row for each of the first ``most`` steps of its window."""
    steps = rank.steps
    if steps is None:
        return Steps.empty()
    steps = steps[np.arange(min(len(steps), most))]
    host_ns, launched = _on_host(rank, steps)
    span = steps.start_ns, steps.end_ns
    return Steps.of(
        {
            "rank": np.full(len(steps), rank.number),
            "step": steps.number,
            "start_ns": rank.since_1970(steps.start_ns),
            "end_ns": rank.since_1970(steps.end_ns),
            "compute_ns": rank.when(Owner.COMPUTE).covered_ns(*span),
            "collective_ns": rank.when(Owner.COLLECTIVE).covered_ns(*span),
            "idle_ns": rank.when(Owner.IDLE).covered_ns(*span),
            "host_ns": host_ns,
            "launches": launched,
            **kernels_of(rank, steps),
        }
    )


def _on_host(rank: OneRank, steps: FoundSteps) -> tuple[Int64, Int64]:
    """(steps,) int64 each: how long the host took to launch each step, without waiting, and by how many calls."""
    calls, own = rank.trace.calls, int(steps.process[0]) if len(steps) else MISSING
    launched = _launching(rank, own)
    first = np.searchsorted(calls.start_ns[launched], steps.launch_from_ns)
    behind = np.searchsorted(calls.start_ns[launched], steps.launch_to_ns)
    some = np.flatnonzero(behind > first)
    begin_ns, end_ns = calls.start_ns[launched[first[some]]], calls.end_ns[launched[behind[some] - 1]]
    host_ns = np.zeros(len(steps), np.int64)
    host_ns[some] = end_ns - begin_ns - _waiting(rank, own).covered_ns(begin_ns, end_ns)
    return host_ns, behind - first


def _launching(rank: OneRank, process: int) -> Int64:
    """The calls of a process that launched an operation, in order of their begins."""
    return np.flatnonzero(launching(rank.trace) & (rank.trace.calls.process == process))


def _waiting(rank: OneRank, process: int) -> Intervals:
    """When a call of a process waited for a device, or for room in the launch queue."""
    calls = rank.trace.calls
    waits = calls_named(rank.trace, SYNCHRONIZING) | waited_for_room(rank.trace)
    own = np.flatnonzero(waits & (calls.process == process))
    return Intervals.of(calls.start_ns[own], calls.end_ns[own])
