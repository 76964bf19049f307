"""At which clock did a device compute, and what held it down?

A GPU that waits lowers its clock by itself, so only the time in which it computes counts. That its clock was held down
needs both: a clock below the highest, and a reason that NVML gives for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...intervals import Intervals
from ...vocabulary.gpu_counters import MAX_SM_CLOCK, REASONS, SM_CLOCK, THROTTLE_REASONS
from ..once import once
from ..overlap import COMPUTE
from ..recorded import recorded
from ..sweep import busy_engines, union

if TYPE_CHECKING:
    from ...model import Counters, Int64, Trace
    from ..scope import Scope

_LEAST_PART = 10
"""how often the time at a low clock goes into the compute time at most"""
_LEAST_NS = 300_000_000
"""three samples: one may be of another moment than it seems"""
_HELD_DOWN = 97
"""percent of the highest clock: what lies above is as good as that"""
_COVERED = 0.9
"""share of a time of which the clock must be known for its mean"""


@dataclass(frozen=True, slots=True)
class LowClock:
    """A device computed at a clock that was held down."""

    ns: int
    """compute time at such a clock"""
    compute_ns: int
    mean_mhz: float
    """over that time"""
    max_mhz: int
    reasons: tuple[str, ...]
    """the one that held for longest first"""


@once
def low_clock(scope: Scope, position: int) -> LowClock | None:
    """Whether the clock of a device was held down for much of its compute time in a window; None if not, or unknown."""
    trace = scope.trace
    clock, highest, reasons = (_values(trace, position, name) for name in (SM_CLOCK, MAX_SM_CLOCK, THROTTLE_REASONS))
    if not (len(clock) and len(highest) and len(reasons)):
        return None
    computing = union(busy_engines(trace, position), COMPUTE) & recorded(scope, position)
    max_mhz = int(highest.value.max())
    below = clock[(clock.value > 0) & (100 * clock.value <= _HELD_DOWN * max_mhz)]
    held = reasons[(reasons.value > 0) & (reasons.value & sum(REASONS) != 0)]
    low = Intervals.of(below.start_ns, below.end_ns) & Intervals.of(held.start_ns, held.end_ns) & computing
    if low.total_ns < _LEAST_NS or _LEAST_PART * low.total_ns < computing.total_ns:
        return None
    return LowClock(low.total_ns, computing.total_ns, _mean(below, low), max_mhz, _reasons(held, low))


def mean_clock_mhz(trace: Trace, position: int, busy: Intervals) -> float | None:
    """The mean clock of a device over a time; None where it is not known for nearly all of that."""
    clock = _values(trace, position, SM_CLOCK)
    clock = clock[clock.value > 0]
    known_ns = int(_ns_inside(clock, busy).sum())
    if not known_ns or known_ns < _COVERED * busy.total_ns:
        return None
    return _mean(clock, busy)


def _values(trace: Trace, position: int, name: str) -> Counters:
    """The values of a counter of a device."""
    counters = trace.counters
    codes = [code for code in np.unique(counters.name).tolist() if trace.text(code) == name]
    return counters[(counters.device == position) & np.isin(counters.name, codes)]


def _mean(clock: Counters, time: Intervals) -> float:
    ns = _ns_inside(clock, time)
    return float((clock.value * ns).sum() / ns.sum())


def _reasons(held: Counters, time: Intervals) -> tuple[str, ...]:
    ns = _ns_inside(held, time)
    each: dict[str, int] = {}
    for bit, reason in REASONS.items():
        each[reason] = max(each.get(reason, 0), int(ns[held.value & bit != 0].sum()))
    return tuple(sorted((reason for reason in each if each[reason]), key=lambda reason: -each[reason]))


def _ns_inside(values: Counters, time: Intervals) -> Int64:
    """For how long of a time each value stood: (values,) int64."""
    return time.covered_ns(values.start_ns, values.end_ns)
