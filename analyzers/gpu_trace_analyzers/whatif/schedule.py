"""When does each operation run? One pass in the order of launches, in which each server works in that order.

An operation starts when it was launched, its server has done what was launched before, and what it depends on has
ended. The host launches in its own time, and waits where its program does.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING
from .room import Held

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ..model import Int64
    from .host import HostProgram
    from .room import Room

QUEUE = 1_000
"""Launches that a server's queue has room for; see `questions.room.FULL`."""
_FULL = 1 + 1e-9
"""All of a server, and what adding shares up may be off."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What is scheduled: (n,) each, operations in the order of their launches."""

    server: Int64
    """what the operation occupies: a stream in the recording, an engine as predicted"""
    duration_ns: Int64
    latency_ns: Int64
    gap_ns: Int64
    before: Sequence[Sequence[int]]
    """of each operation, those that have to end before it"""
    host: HostProgram
    free_ns: Mapping[int, int]
    """of servers that still work for what was launched before the window: until when"""
    share: NDArray[np.float64] | None = None
    """the part of its server that each operation occupies; None for all of it"""
    room: Room | None = None
    """the memory for what operations make; None for enough"""


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """When each operation runs, in ns since the window's begin: (n,) int64 each."""

    start_ns: Int64
    end_ns: Int64
    held_by: Int64
    """the operation whose end let it start, directly or by a wait of the host; `MISSING` for the host's own time"""
    total_ns: int
    """until the last operation has ended and the host has waited for it"""
    last: int
    """the operation that ended last"""


def schedule(plan: Plan) -> Times:
    """All operations of a plan in one pass: O(operations + edges + waits)."""
    duration, latency, gap = plan.duration_ns.tolist(), plan.latency_ns.tolist(), plan.gap_ns.tolist()
    server, before = plan.server.tolist(), plan.before
    share = [1.0] * len(duration) if plan.share is None else plan.share.tolist()
    start, end, held = [0] * len(duration), [0] * len(duration), [MISSING] * len(duration)
    servers = {each: _Server(plan.free_ns.get(each)) for each in set(server)}
    memory = None if plan.room is None else Held(plan.room)
    delay, delayed_by = 0, MISSING
    for own, k, awaited in zip(plan.host.own_ns.tolist(), plan.host.launched.tolist(), plan.host.awaited, strict=True):
        if k == MISSING:
            for j in awaited:
                if end[j] > own + delay:
                    delay, delayed_by = end[j] - own, j
            continue
        serves = servers[server[k]]
        if (oldest := serves.must_start_before_launch()) != MISSING and start[oldest] > own + delay:
            delay, delayed_by = start[oldest] - own, oldest
        at, by = own + delay + latency[k], delayed_by
        for j in before[k]:
            if end[j] > at:
                at, by = end[j], j
        if memory is not None:
            at, by = memory.room_for(k, at, by)
        start[k], held[k] = serves.start(k, at, by, duration[k], gap[k], share[k])
        end[k] = start[k] + duration[k]
        if memory is not None:
            memory.ended(k, end[k])
    ends = np.array(end, np.int64)
    last = int(np.argmax(ends)) if len(ends) else MISSING
    total = max(int(ends.max(initial=0)), plan.host.total_own_ns + delay)
    return Times(np.array(start, np.int64), ends, np.array(held, np.int64), total, last)


class _Server:
    """What one server does: operations begin in the order of their launches, beside each other where they fit."""

    def __init__(self, free_ns: int | None) -> None:
        self._running = [] if free_ns is None else [(free_ns, 1.0, MISSING)]
        """(end, share, operation), a heap"""
        self._used = float(len(self._running))
        self._from_ns = 0
        self._launched: list[int] = []

    def must_start_before_launch(self) -> int:
        """The operation that has to leave the launch queue before it has room for another one; `MISSING` for none."""
        return self._launched[-QUEUE] if len(self._launched) >= QUEUE else MISSING

    def start(self, k: int, at_ns: int, by: int, duration_ns: int, gap_ns: int, share: float) -> tuple[int, int]:
        """When an operation that may start at a time does, and what let it."""
        running = self._running
        at_ns = max(at_ns, self._from_ns)
        while running and (self._used + share > _FULL or running[0][0] + gap_ns <= at_ns):
            end_ns, its_share, operation = heappop(running)
            self._used -= its_share
            if end_ns + gap_ns > at_ns:
                at_ns, by = end_ns + gap_ns, operation
        heappush(running, (at_ns + duration_ns, share, k))
        self._used += share
        self._from_ns = at_ns
        self._launched.append(k)
        return at_ns, by
