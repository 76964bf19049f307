"""In which range did the host launch each operation? In the innermost one around its launch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING
from .issued import launch_order
from .once import once

if TYPE_CHECKING:
    from ..model import Int64, Trace


@once
def innermost_ranges(trace: Trace) -> Int64:
    """For each row of ``Trace.work``, the position in ``Trace.ranges``; `MISSING` where it was launched in none.

    The shortest range around the launch, of those of its own thread (or of the thread that called backward) if there is
    one, else of those of the whole process.
    """
    ranges = trace.ranges
    # A range overrules those before it, so the one that says most comes last.
    order = np.lexsort((ranges.start_ns - ranges.end_ns, ranges.thread != MISSING))
    position, rows = launch_order(trace).inside(ranges[order])
    found = np.full(len(trace.work), MISSING)
    found[rows] = order[position]
    return found
