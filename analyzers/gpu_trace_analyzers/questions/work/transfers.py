"""How many bytes did a device copy, in which direction, in copies of which size, and how fast?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...model import ALL_COPIES, Engine
from ..grouped import GroupedIntervals, summed
from ..once import once
from ..overlap import active_devices
from .operations import rows_of

if TYPE_CHECKING:
    from ..scope import Scope

KIB, MIB = 1 << 10, 1 << 20
BOUNDS = (4 * KIB, 64 * KIB, MIB, 16 * MIB, 256 * MIB)
"""bytes at which a size class begins, behind the first, which begins at 0"""


@dataclass(frozen=True, slots=True)
class TransferFigures:
    """The copies of one direction and size class of one device that meet the window, each of them whole."""

    device: int
    """position in ``Trace.devices``"""
    rank: int
    engine: Engine
    at_least: int | None
    """bytes of the smallest copy of the class; None for copies whose size the trace does not have"""
    below: int | None
    """bytes that no copy of the class reaches; None for the largest class too"""
    count: int
    size: int | None
    """bytes of all; None where they are not recorded"""
    busy_ns: int
    """the time in which any of them ran"""

    @property
    def gb_per_s(self) -> float | None:
        """Bytes over that time, in 10^9 bytes per second; None where one of both is not known or is 0."""
        return self.size / self.busy_ns if self.size and self.busy_ns else None


@once
def transfers(scope: Scope) -> tuple[TransferFigures, ...]:
    """A row per device, direction and size class that has copies, in this order; those without a size last."""
    return tuple(row for position in active_devices(scope.trace) for row in _on_device(scope, position))


def _on_device(scope: Scope, position: int) -> list[TransferFigures]:
    work, rows, classes = scope.trace.work, rows_of(scope, position), len(BOUNDS) + 2
    rows = rows[np.isin(work.engine[rows], [int(engine) for engine in ALL_COPIES])]
    size = work.size[rows]
    # Classes 0 ... len(BOUNDS) are of sizes, the one behind them is of copies without any.
    which = np.where(size >= 0, np.searchsorted(np.array(BOUNDS), size, side="right"), classes - 1)
    group = work.engine[rows].astype(np.int64) * classes + which
    groups = len(Engine) * classes
    count, total = np.bincount(group, minlength=groups), summed(group, size, groups)
    busy = GroupedIntervals.of(group.astype(np.int32), work.start_ns[rows], work.end_ns[rows]).total_ns(groups)
    found = []
    for g in np.flatnonzero(count).tolist():
        engine, place = divmod(g, classes)
        known = place < classes - 1
        found.append(
            TransferFigures(
                device=position,
                rank=scope.trace.devices[position].rank,
                engine=Engine(engine),
                at_least=(0, *BOUNDS)[place] if known else None,
                below=(*BOUNDS, None)[place] if known else None,
                count=int(count[g]),
                size=int(total[g]) if known else None,
                busy_ns=int(busy[g]),
            )
        )
    return found
