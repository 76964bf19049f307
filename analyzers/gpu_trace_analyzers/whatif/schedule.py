"""When does each operation run? One pass in the order of launches, in which each server works in that order.

An operation starts when it was launched, its server has done what was launched before, and what it depends on has
ended. The host launches in its own time, and waits where its program does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..model import Int64
    from .host import HostProgram

QUEUE = 1_000
"""Launches that a server's queue has room for; see `questions.room.FULL`."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What is scheduled: (n,) int64 each, operations in the order of their launches."""

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
    start, end, held = [0] * len(duration), [0] * len(duration), [MISSING] * len(duration)
    free = dict(plan.free_ns)
    behind: dict[int, int] = {}
    queues: dict[int, list[int]] = {each: [] for each in set(server)}
    delay, delayed_by = 0, MISSING
    for own, k, awaited in zip(plan.host.own_ns.tolist(), plan.host.launched.tolist(), plan.host.awaited, strict=True):
        if k == MISSING:
            for j in awaited:
                if end[j] > own + delay:
                    delay, delayed_by = end[j] - own, j
            continue
        queue = queues[server[k]]
        if len(queue) >= QUEUE and end[queue[-QUEUE]] > own + delay:
            delay, delayed_by = end[queue[-QUEUE]] - own, queue[-QUEUE]
        at, by = own + delay + latency[k], delayed_by
        if (ready := free.get(server[k], -gap[k]) + gap[k]) > at:
            at, by = ready, behind.get(server[k], MISSING)
        for j in before[k]:
            if end[j] > at:
                at, by = end[j], j
        start[k], end[k], held[k] = at, at + duration[k], by
        free[server[k]], behind[server[k]] = end[k], k
        queue.append(k)
    times = np.array(end, np.int64)
    last = int(np.argmax(times)) if len(times) else MISSING
    total = max(int(times.max(initial=0)), plan.host.total_own_ns + delay)
    return Times(np.array(start, np.int64), times, np.array(held, np.int64), total, last)
