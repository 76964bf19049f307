"""For how long did each engine of a device work beside each of its operations?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...intervals import Intervals, instants
from ...model import Engine
from ...questions.once import once
from ...questions.sweep import busy_engines

if TYPE_CHECKING:
    from ...model import DeviceWork, Int64, Trace


@once
def beside_ns(trace: Trace, position: int) -> Int64:
    """Of each row of ``Trace.work`` the time in which each engine was busy with another operation.

    (rows, engines) int64; 0 for rows of other devices.
    """
    work, busy = trace.work, busy_engines(trace, position)
    own = np.flatnonzero(work.device == position)
    found = np.zeros((len(work), len(Engine)), np.int64)
    for engine, time in busy.items():
        of_it = work.engine[own] == engine
        others, same = own[~of_it], own[of_it]
        found[others, engine] = time.covered_ns(work.start_ns[others], work.end_ns[others])
        found[same, engine] = twice(work[same]).covered_ns(work.start_ns[same], work.end_ns[same])
    return found


def twice(work: DeviceWork) -> Intervals:
    """When at least two of these operations ran."""
    edge_ns = instants(work.start_ns, work.end_ns)
    if not len(edge_ns):
        return Intervals()
    begun = np.searchsorted(np.sort(work.start_ns), edge_ns, side="right")
    running = begun - np.searchsorted(np.sort(work.end_ns), edge_ns, side="right")
    hold = np.flatnonzero(running[:-1] >= 2)
    return Intervals.of(edge_ns[hold], edge_ns[hold + 1])
