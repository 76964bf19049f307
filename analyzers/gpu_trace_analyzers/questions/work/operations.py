"""Which operations did a device spend its time in? All of one name on one engine are one row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...model import ALL_COPIES, Engine
from ..grouped import GroupedIntervals, summed
from ..once import once
from ..overlap import COMPUTE, active_devices
from ..recorded import recorded
from ..sweep import busy_engines, union
from .lengths import Lengths

if TYPE_CHECKING:
    from ...model import Int64
    from ..scope import Scope

HIDDEN_BY_COMPUTE = (*ALL_COPIES, Engine.COLLECTIVE)
"""Engines whose operations compute can hide; of others nothing is exposed."""


@dataclass(frozen=True, slots=True)
class OperationFigures:
    """All operations of one name on one engine of one device.

    Times are those inside the window; bytes and rates are of whole operations, though they cross its edge.
    """

    name: str
    engine: Engine
    device: int
    """position in ``Trace.devices``"""
    rank: int
    count: int
    """those that meet the window; on a CPU device, stretches of own time"""
    total_ns: int
    """their lengths, added up"""
    median_ns: int
    """of an even number the lower of the two in the middle"""
    max_ns: int
    longest_start_ns: int
    """when the longest began, of equal ones the last"""
    window_ns: int
    """the recorded time of the device in the window"""
    exposed_ns: int | None
    """the time in which any of them ran and the device did not compute; None where compute does not hide them"""
    size: int | None
    """bytes of those that name them; None where none does"""
    sized: int
    """how many name them"""
    sized_ns: int
    """the time in which any of those ran"""

    @property
    def mean_ns(self) -> int:
        """Rounded down."""
        return self.total_ns // self.count

    @property
    def share(self) -> float | None:
        """Of the window; above 1 where several run at once."""
        return self.total_ns / self.window_ns if self.window_ns else None

    @property
    def gb_per_s(self) -> float | None:
        """Bytes over the time in which copies of a known size ran, in 10^9 bytes per second; None for collectives."""
        known = self.size is not None and self.sized_ns and self.engine != Engine.COLLECTIVE
        return (self.size or 0) / self.sized_ns if known else None


@once
def operations(scope: Scope) -> tuple[OperationFigures, ...]:
    """A row per device, engine and name; of each device the one with most time first."""
    return tuple(row for position in active_devices(scope.trace) for row in _on_device(scope, position))


def _on_device(scope: Scope, position: int) -> list[OperationFigures]:
    trace, rows = scope.trace, rows_of(scope, position)
    if not len(rows):
        return []
    names = len(trace.strings) + 1  # of which the first is that of `MISSING`, -1
    key = trace.work.engine[rows].astype(np.int64) * names + trace.work.name[rows] + 1
    keys, place = np.unique(key, return_inverse=True)
    group = place.reshape(-1)
    start_ns, end_ns = clipped(scope, rows)
    found = Lengths.of(group, end_ns - start_ns)
    exposed_ns = _exposed_ns(scope, position, GroupedIntervals.of(group.astype(np.int32), start_ns, end_ns), len(keys))
    sizes = _Sizes.of(scope, rows, group, len(keys))
    window_ns, rank = recorded(scope, position).total_ns, trace.devices[position].rank
    each = []
    for g in np.lexsort((keys, -found.total_ns)).tolist():
        engine = Engine(int(keys[g]) // names)
        each.append(
            OperationFigures(
                name=trace.text(int(keys[g]) % names - 1),
                engine=engine,
                device=position,
                rank=rank,
                count=int(found.count[g]),
                total_ns=int(found.total_ns[g]),
                median_ns=int(found.median_ns[g]),
                max_ns=int(found.max_ns[g]),
                longest_start_ns=int(start_ns[found.longest[g]]),
                window_ns=window_ns,
                exposed_ns=int(exposed_ns[g]) if engine in HIDDEN_BY_COMPUTE else None,
                size=int(sizes.size[g]) if sizes.count[g] else None,
                sized=int(sizes.count[g]),
                sized_ns=int(sizes.ns[g]),
            )
        )
    return each


def rows_of(scope: Scope, position: int) -> Int64:
    """Rows of ``Trace.work`` of one device that meet the window, in order: (n,) int64."""
    work, window = scope.trace.work, scope.window
    rows = np.flatnonzero(work.device == position)
    return rows if window is None else rows[window.meets(work.start_ns[rows], work.end_ns[rows])]


def clipped(scope: Scope, rows: Int64) -> tuple[Int64, Int64]:
    """When these rows of ``Trace.work`` ran inside the window: their starts and ends, (n,) int64 each."""
    start_ns, end_ns, window = scope.trace.work.start_ns[rows], scope.trace.work.end_ns[rows], scope.window
    if window is None:
        return start_ns, end_ns
    return np.maximum(start_ns, window.start_ns), np.minimum(end_ns, window.end_ns)


def _exposed_ns(scope: Scope, position: int, busy: GroupedIntervals, groups: int) -> Int64:
    """(groups,) the time of each in which the device did not compute."""
    computing = union(busy_engines(scope.trace, position), COMPUTE)
    hidden_ns = computing.covered_ns(busy.start_ns, busy.end_ns)
    return busy.total_ns(groups) - summed(busy.group, hidden_ns, groups)


@dataclass(frozen=True, slots=True, eq=False)
class _Sizes:
    """Of each group the operations that name their bytes: (groups,) int64 each."""

    count: Int64
    size: Int64
    ns: Int64

    @classmethod
    def of(cls, scope: Scope, rows: Int64, group: Int64, groups: int) -> _Sizes:
        work = scope.trace.work
        known = work.size[rows] >= 0
        rows, group = rows[known], group[known]
        busy = GroupedIntervals.of(group.astype(np.int32), work.start_ns[rows], work.end_ns[rows])
        return cls(np.bincount(group, minlength=groups), summed(group, work.size[rows], groups), busy.total_ns(groups))
