"""How much of each collective was hidden behind compute?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..intervals import Intervals
from ..model import Engine
from .evidence import work_name
from .once import once
from .overlap import COMPUTE, active_devices
from .sweep import busy_engines, union

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import Int64
    from .scope import Scope


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


@once
def collective_figures(scope: Scope) -> tuple[CollectiveFigures, ...]:
    """A row per device and name, the longest of each device first."""
    found = [row for position in active_devices(scope.trace) for row in _on_device(scope, position)]
    return tuple(sorted(found, key=lambda row: (row.device, -row.busy_ns)))


def _on_device(scope: Scope, position: int) -> Iterator[CollectiveFigures]:
    work = scope.trace.work
    rows = np.flatnonzero((work.device == position) & (work.engine == Engine.COLLECTIVE))
    if scope.window is not None:
        rows = rows[scope.window.meets(work.start_ns[rows], work.end_ns[rows])]
    for code in np.unique(work.name[rows]).tolist():
        yield _one(scope, position, rows[work.name[rows] == code])


def _one(scope: Scope, position: int, rows: Int64) -> CollectiveFigures:
    trace, window = scope.trace, scope.window
    computing = union(busy_engines(trace, position), COMPUTE)
    busy = Intervals.of(trace.work.start_ns[rows], trace.work.end_ns[rows])
    busy = busy if window is None else busy.clip(window.start_ns, window.end_ns)
    name = work_name(trace, int(rows[0]))
    return CollectiveFigures(name, position, len(rows), busy.total_ns, (busy & computing).total_ns)
