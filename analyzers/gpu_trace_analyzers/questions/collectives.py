"""How much of each collective was hidden behind compute?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..intervals import Intervals
from ..model import Engine
from .evidence import work_name
from .overlap import COMPUTE, active_devices
from .sweep import layers, union

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import Int64, Trace
    from .sweep import Window


@dataclass(frozen=True, slots=True)
class CollectiveFigures:
    """All operations of one name on the collective engine of one device."""

    name: str
    device: int
    """position in ``Trace.devices``"""
    count: int
    busy_ns: int
    hidden_ns: int
    """the part of it in which the device also computed"""

    @property
    def exposed_ns(self) -> int:
        """The rest."""
        return self.busy_ns - self.hidden_ns


def collective_figures(trace: Trace, window: Window | None = None) -> list[CollectiveFigures]:
    """A row per device and name, the longest of each device first."""
    found = [row for position in active_devices(trace) for row in _on_device(trace, position, window)]
    return sorted(found, key=lambda row: (row.device, -row.busy_ns))


def _on_device(trace: Trace, position: int, window: Window | None) -> Iterator[CollectiveFigures]:
    work = trace.work
    rows = np.flatnonzero((work.device == position) & (work.engine == Engine.COLLECTIVE))
    if window is not None:
        rows = rows[(work.start_ns[rows] < window.end_ns) & (work.end_ns[rows] > window.start_ns)]
    if not len(rows):
        return
    computing = union(layers(trace.work_of(position)), COMPUTE)
    for code in np.unique(work.name[rows]).tolist():
        yield _one(trace, position, rows[work.name[rows] == code], computing, window)


def _one(trace: Trace, position: int, rows: Int64, computing: Intervals, window: Window | None) -> CollectiveFigures:
    busy = Intervals.of(trace.work.start_ns[rows], trace.work.end_ns[rows])
    busy = busy if window is None else busy.clip(window.start_ns, window.end_ns)
    name = work_name(trace, int(rows[0]))
    return CollectiveFigures(name, position, len(rows), busy.total_ns, (busy & computing).total_ns)
