"""The schedule in which operations slow each other down.

How long an operation takes depends on what runs beside it, and what runs beside it on how long operations take. So the
schedule is made again, with the durations that follow from the one before, until it stays the same.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..intervals import Intervals, combine
from .schedule import schedule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ..model import Int64
    from .schedule import Plan, Times

    Slowdown = Mapping[int, NDArray[np.float64]]
    """by group: how many times as long each operation takes while an operation of that group runs: (n,)"""
    _Beside = tuple[Intervals, NDArray[np.float64]]

_ROUNDS = 8
_SAME_NS = 1_000
"""The search has ended when no operation ends later or earlier by that, or by a ten-thousandth of the total."""


def alone_ns(start_ns: Int64, end_ns: Int64, group: Int64, slowdown: Slowdown) -> NDArray[np.float64]:
    """How long operations would have taken with nothing beside them: (n,)."""
    return _done_ns(start_ns, end_ns, _beside(start_ns, end_ns, group, slowdown))


def contended(plan: Plan, group: Int64, slowdown: Slowdown) -> Times:
    """When the operations of a plan run. Its durations are those with nothing beside; ``group`` is (n,) int64."""
    times, alone = schedule(plan), plan.duration_ns
    for _ in range(_ROUNDS if slowdown else 0):
        beside = _beside(times.start_ns, times.end_ns, group, slowdown)
        if not beside:
            break
        left_ns = alone - _done_ns(times.start_ns, times.end_ns, beside)
        # What is left, or was too much, is done as fast as the operation is just before its end.
        ns = times.end_ns - times.start_ns + left_ns / _speed(times.end_ns - 1, beside)
        plan = replace(plan, duration_ns=np.maximum(np.rint(ns).astype(np.int64), alone))
        before_ns, times = times.end_ns, schedule(plan)
        if np.abs(times.end_ns - before_ns).max() <= max(_SAME_NS, times.total_ns // 10_000):
            break
    return times


def _beside(start_ns: Int64, end_ns: Int64, group: Int64, slowdown: Slowdown) -> list[_Beside]:
    """When which groups work together, and how much slower each operation is then: it adds what each group takes."""
    slows = [other for other, factor in slowdown.items() if (factor > 1).any() and (group == other).any()]
    lost = [np.where(group == other, 0.0, np.maximum(slowdown[other], 1.0) - 1) for other in slows]
    edge_ns, state = combine(Intervals.of(start_ns[group == other], end_ns[group == other]) for other in slows)
    found = []
    for together in (np.flatnonzero(np.bincount(state)[1:]) + 1).tolist():
        hold = np.flatnonzero(state == together)
        factor = 1 + sum(each for bit, each in enumerate(lost) if together >> bit & 1)
        found.append((Intervals.of(edge_ns[hold], edge_ns[hold + 1]), np.asarray(factor)))
    return found


def _done_ns(start_ns: Int64, end_ns: Int64, beside: Sequence[_Beside]) -> NDArray[np.float64]:
    """How much operations do from when to when, in ns with nothing beside."""
    done = (end_ns - start_ns).astype(np.float64)
    for time, factor in beside:
        done -= time.covered_ns(start_ns, end_ns) * (1 - 1 / factor)
    return done


def _speed(at_ns: Int64, beside: Sequence[_Beside]) -> NDArray[np.float64]:
    """How much of a ns each operation does in one at some time."""
    speed = np.ones(len(at_ns))
    for time, factor in beside:
        speed = np.where(time.covers(at_ns), 1 / factor, speed)
    return speed
