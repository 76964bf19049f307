"""How fast would the host be without being recorded? Its own time, less what recording adds to operators and calls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .host import HostProgram
    from .window import Part

_LEAST = 0.2
"""The part of the recorded time that remains at least: the cost of recording varies, and cannot be all of it."""


@dataclass(frozen=True, slots=True)
class RecordingCost:
    """What recording adds to the host's time, as it was measured in the same run."""

    operator_ns: int
    call_ns: int = 0


def without_recording(part: Part, host: HostProgram, cost: RecordingCost) -> HostProgram:
    """The program of the host as fast as it is when nothing records it."""
    trace = part.trace
    operators = trace.operators.start_ns[trace.operators.process == part.process] - part.begin_ns
    calls = trace.calls.start_ns[trace.calls.process == part.process] - part.begin_ns
    at_ns = np.concatenate([[0], host.at_ns, [max(part.window.ns, int(host.at_ns.max(initial=0)))]])
    begun = np.searchsorted(np.sort(operators), at_ns) * cost.operator_ns + np.searchsorted(calls, at_ns) * cost.call_ns
    own_ns = np.diff(np.concatenate([[0], host.own_ns, [host.total_own_ns]]))
    left_ns = np.maximum(own_ns - np.diff(begun), np.rint(own_ns * _LEAST).astype(np.int64))
    own = np.cumsum(left_ns)
    return replace(host, own_ns=own[:-1], total_own_ns=int(own[-1]))
