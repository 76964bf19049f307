"""What is not certain of a prediction: how much operations slow each other down, and what recording cost the host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..model import Engine
from .contention.factors import contention
from .servers import OWN_SERVERS, engine_of_each, server_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..model import Int64
    from .contended import Slowdown
    from .recording_cost import RecordingCost
    from .window import Part


FASTEST_HOST, SLOWEST_HOST = 0.05, 1.2
"""How many times its own time the host may take when it is not recorded. With 0.07 to 1.22 times of it the model gives
back the clock of the pairs on an H200 whose host decides; 1.2 stands beside a lower cost of recording."""
COMPUTING = 0.15
"""The part of its time by which what the host computes itself may be off. A sum of 12 updates of 64 MiB varied between
0.86 and 1.10 of its mean, over nine processes of an H200's host with 8 threads."""
LEAST_COST = 0.8
"""The part of what recording was measured to cost that it costs at least."""


@dataclass(frozen=True, slots=True, eq=False)
class Belief:
    """One of the three views of a recording: the shortest time that is likely, the expected one, and the longest."""

    cost: RecordingCost
    slowdown: Slowdown
    launching: float = 1.0
    """the part of the host's own time, without that cost and without what it computes itself, which it takes"""
    computing: float = 1.0
    """the part of the time in which it computes itself which that takes"""
    device: float = 1.0
    """the part of their recorded time which operations of devices take"""

    def nearer(self, other: Belief, share: float) -> Belief:
        """With a host this part of the way from another one to its own."""
        cost = other.cost.towards(self.cost, share)
        launching, computing = (
            near + (far - near) * share
            for near, far in ((other.launching, self.launching), (other.computing, self.computing))
        )
        return Belief(cost, self.slowdown, launching, computing, self.device)


def beliefs(part: Part, cost: RecordingCost) -> tuple[Belief, Belief, Belief]:
    """The lowest, the expected and the highest.

    What the host computes itself varies from run to run, and what recording costs it from operator to operator.
    """
    low, expected, high = _slowdowns(part)
    return (
        Belief(cost, low, FASTEST_HOST, 1 - COMPUTING),
        Belief(cost, expected),
        Belief(cost.scaled(LEAST_COST), high, SLOWEST_HOST, 1 + COMPUTING),
    )


def _slowdowns(part: Part) -> tuple[Slowdown, Slowdown, Slowdown]:
    """Of every operation beside each server of its device that is another one."""
    found: tuple[dict[int, NDArray[np.float64]], ...] = ({}, {}, {})
    device_of, used = part.trace.work.device[part.rows], np.unique(engine_of_each(part)).tolist()
    for device in np.unique(device_of).tolist():
        own = np.flatnonzero(device_of == device)
        known = contention(part.trace, device, part.observed)
        for engine in (Engine.COMPUTE, *OWN_SERVERS):
            if server_of(device, engine) in used:
                factors = known.slowdown(part.rows[own], engine)
                for view, factor in zip(found, (factors.low, factors.expected, factors.high), strict=True):
                    view[server_of(device, engine)] = _everywhere(factor, own, len(part.rows))
    return found[0], found[1], found[2]


def _everywhere(factor: NDArray[np.float64], own: Int64, count: int) -> NDArray[np.float64]:
    """The factors of one device's operations, and 1 of all others."""
    found = np.ones(count)
    found[own] = factor
    return found
