"""The schedule in which operations slow each other down.

How long an operation takes depends on what runs beside it, and what runs beside it on how long operations take. So the
schedule is made again, with the durations that follow from the one before, until it stays the same.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..intervals import Intervals
from .schedule import schedule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ..model import Int64
    from .schedule import Plan, Times

    Slowdown = Mapping[int, NDArray[np.float64]]
    """by group: how many times as long each operation takes while an operation of that group runs: (n,)"""

_ROUNDS = 8
_SAME_NS = 1_000
"""A change of the total that ends the search, or a ten-thousandth of it."""


def alone_ns(start_ns: Int64, end_ns: Int64, group: Int64, slowdown: Slowdown) -> NDArray[np.float64]:
    """How long operations would have taken with nothing beside them: (n,)."""
    return np.asarray((end_ns - start_ns) / _stretch(start_ns, end_ns, group, slowdown))


def contended(plan: Plan, group: Int64, slowdown: Slowdown) -> Times:
    """When the operations of a plan run. Its durations are those with nothing beside; ``group`` is (n,) int64."""
    times = schedule(plan)
    alone = plan.duration_ns
    for _ in range(_ROUNDS if slowdown else 0):
        stretched = alone * _stretch(times.start_ns, times.end_ns, group, slowdown)
        plan = replace(plan, duration_ns=np.rint(stretched).astype(np.int64))
        before_ns, times = times.total_ns, schedule(plan)
        if abs(times.total_ns - before_ns) <= max(_SAME_NS, before_ns // 10_000):
            break
    return times


def _stretch(start_ns: Int64, end_ns: Int64, group: Int64, slowdown: Slowdown) -> NDArray[np.float64]:
    """How many times as long operations take as alone, by the part of their time beside each other group."""
    ns = np.maximum(end_ns - start_ns, 1)
    # Beside others for a part p of its time, at a speed of 1 / f there, it does p / f + (1 - p) of its work per time.
    speed = np.ones(len(ns))
    for other, factor in slowdown.items():
        if (factor <= 1).all() or not (group == other).any():
            continue
        busy = Intervals.of(start_ns[group == other], end_ns[group == other])
        beside = np.where(group == other, 0, busy.covered_ns(start_ns, end_ns)) / ns
        speed -= beside * (1 - 1 / factor)
    return np.asarray(1 / np.maximum(speed, 0.05))
