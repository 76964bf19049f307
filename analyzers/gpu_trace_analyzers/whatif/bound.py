"""What can no schedule beat? The busiest engine, and the longest chain of operations that need each other."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from ..intervals import Intervals
from ..model import MISSING, Engine
from .answer import Bound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .window import Part


def busiest(part: Part) -> tuple[Engine, int]:
    """The engine of a device that was busy longest in the recording, and for how long: the union of its operations."""
    busy = {}
    work = part.trace.work[part.rows]
    for device in np.unique(work.device).tolist():
        for engine in np.unique(work.engine[work.device == device]).tolist():
            own = work[(work.device == device) & (work.engine == engine)]
            busy[device, engine] = Intervals.of(own.start_ns, own.end_ns).total_ns
    (_, engine), ns = max(busy.items(), key=lambda each: each[1])
    return Engine(engine), ns


def bound(part: Part, before: Sequence[Sequence[int]], duration_ns: Sequence[int]) -> Bound:
    """The larger of both, without the time of the host, with ``duration_ns`` for each operation."""
    engine, busiest_ns = _busiest(part, duration_ns)
    chain = _longest_chain(before, duration_ns)
    each: Counter[Engine] = Counter()
    for k in chain:
        each[Engine(part.trace.work.engine[part.rows[k]])] += duration_ns[k]
    chain_ns = sum(each.values())
    return Bound(max(busiest_ns, chain_ns), engine, busiest_ns, chain_ns, _largest_first(each))


def _busiest(part: Part, duration_ns: Sequence[int]) -> tuple[Engine, int]:
    """The engine of a device that has most to do, and how much, if it does one thing at a time."""
    work, busy = part.trace.work[part.rows], Counter[tuple[int, int]]()
    for device, engine, ns in zip(work.device.tolist(), work.engine.tolist(), duration_ns, strict=True):
        busy[device, engine] += ns
    (_, engine), ns = max(busy.items(), key=lambda each: each[1])
    return Engine(engine), ns


def _longest_chain(before: Sequence[Sequence[int]], duration_ns: Sequence[int]) -> list[int]:
    """Operations that wait for each other, with the largest sum of durations; in order."""
    ends, previous = [0] * len(duration_ns), [MISSING] * len(duration_ns)
    for k, own_ns in enumerate(duration_ns):
        for j in before[k]:
            if ends[j] > ends[k]:
                ends[k], previous[k] = ends[j], j
        ends[k] += own_ns
    k = max(range(len(ends)), key=ends.__getitem__, default=MISSING)
    chain = []
    while k != MISSING:
        chain.append(k)
        k = previous[k]
    return chain[::-1]


def _largest_first(each: Mapping[Engine, int]) -> tuple[tuple[Engine, int], ...]:
    return tuple(sorted(each.items(), key=lambda pair: (-pair[1], pair[0])))
