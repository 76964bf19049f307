"""How much of each collective was hidden behind compute?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ..intervals import Intervals
from ..model import MISSING, Engine
from .bandwidth import pattern_of
from .evidence import work_name
from .matched import arrivals
from .once import once
from .overlap import COMPUTE, active_devices
from .sweep import busy_engines, union

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import Int64, Trace
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
    compared: int = 0
    """how many of ``count`` all recorded ranks have; the rest says something of these alone"""
    wait_ns: int | None = None
    """from its own arrival to the last one, added up; None where nothing is compared"""
    transfer_ns: int | None = None
    """from the last arrival to the end; None where nothing is compared, or a rank is known to be missing"""
    algorithm_gb_per_s: float | None = None
    """see ``bandwidth.py``; None where no transfer with a size is known"""
    bus_gb_per_s: float | None = None

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
    figures = CollectiveFigures(name, position, len(rows), busy.total_ns, (busy & computing).total_ns)
    last = arrivals(trace)
    known = rows[last.last_ns[rows] != MISSING]
    return _compared(scope, figures, known) if len(known) else figures


def _compared(scope: Scope, figures: CollectiveFigures, rows: Int64) -> CollectiveFigures:
    """The same with what the arrivals of other ranks say of these rows."""
    work, last = scope.trace.work, arrivals(scope.trace)
    edges = np.stack((work.start_ns[rows], last.last_ns[rows], work.end_ns[rows]))
    if scope.window is not None:
        edges = np.clip(edges, scope.window.start_ns, scope.window.end_ns)
    own_ns, last_ns, end_ns = edges
    algorithm, bus = _bandwidths(scope.trace, rows[last.whole[rows] & (work.size[rows] > 0)])
    return replace(
        figures,
        compared=len(rows),
        wait_ns=int((last_ns - own_ns).sum()),
        transfer_ns=int((end_ns - last_ns).sum()) if last.whole[rows].all() else None,
        algorithm_gb_per_s=algorithm,
        bus_gb_per_s=bus,
    )


def _bandwidths(trace: Trace, rows: Int64) -> tuple[float | None, float | None]:
    """Algorithm and bus bandwidth in 10^9 bytes per second, of whole transfers, even if they cross an edge."""
    pattern = pattern_of(trace.text(int(trace.work.name[rows[0]]))) if len(rows) else None
    if pattern is None:
        return None, None
    last, work = arrivals(trace), trace.work
    taken_ns = int((work.end_ns[rows] - last.last_ns[rows]).sum())
    whole, bus = 0, Fraction(0)
    for ranks in np.unique(last.ranks[rows]).tolist():
        moved = int(work.size[rows[last.ranks[rows] == ranks]].sum()) * (ranks if pattern.of_each_rank else 1)
        whole, bus = whole + moved, bus + moved * pattern.factor(ranks)
    return whole / taken_ns, float(bus / taken_ns)
