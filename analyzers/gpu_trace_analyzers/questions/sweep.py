"""How long was a device in each combination of engines? All figures of overlap are sums of these cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..intervals import Intervals, combine
from ..model import Engine
from .once import once

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ..model import DeviceWork, Int64, Trace


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Recorded time in each combination of engines; the cells sum to the recorded time exactly.

    ``ns`` is (2 ** number of engines,) int64: ``ns[mask]`` is the time in which exactly the engines whose bits
    ``1 << engine`` are in ``mask`` were busy. ``ns[0]`` is idle time.
    """

    ns: Int64

    def where(self, *busy: Collection[Engine], idle: Collection[Engine] = ()) -> int:
        """Time in which each group of ``busy`` had a busy engine, and no engine of ``idle`` was busy."""
        masks = np.arange(len(self.ns))
        hold = masks & _mask(idle) == 0
        for group in busy:
            hold &= masks & _mask(group) != 0
        return int(self.ns[hold].sum())


def layers(work: DeviceWork) -> dict[Engine, Intervals]:
    """When each engine was busy; engines that never were are left out."""
    rows = {engine: np.flatnonzero(work.engine == engine) for engine in Engine}
    return {engine: Intervals.of(work.start_ns[r], work.end_ns[r]) for engine, r in rows.items() if len(r)}


@once
def busy_engines(trace: Trace, position: int) -> Mapping[Engine, Intervals]:
    """When each engine of one device was busy, by the device's position in ``trace.devices``."""
    return layers(trace.work_of(position))


def sweep(busy: Mapping[Engine, Intervals], recorded: Intervals) -> Cells:
    """One pass over all boundaries of one device's engines, inside the time that was recorded."""
    edge_ns, state = combine([busy.get(engine, Intervals()) & recorded for engine in Engine])
    # Between two edges the mask of busy engines is the same: add each length to its mask's cell. The rest is idle.
    ns = np.zeros(1 << len(Engine), dtype=np.int64)
    np.add.at(ns, state[:-1], np.diff(edge_ns))
    ns[0] = recorded.total_ns - int(ns[1:].sum())
    return Cells(ns)


def union(busy: Mapping[Engine, Intervals], engines: Collection[Engine]) -> Intervals:
    """When at least one of these engines was busy."""
    parts = [busy[engine] for engine in engines if engine in busy]
    if len(parts) < 2:
        return parts[0] if parts else Intervals()
    return Intervals.of(np.concatenate([p.start_ns for p in parts]), np.concatenate([p.end_ns for p in parts]))


def _mask(engines: Collection[Engine]) -> int:
    return sum(1 << engine for engine in set(engines))
