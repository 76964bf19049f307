"""How fast do devices follow: from a launch to the start of its operation, and from one operation to the next?

Both as the trace shows them: of operations that found their stream idle, and of those that were queued behind another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING, Engine
from ..questions.once import once
from .on_streams import previous_on_stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..model import Int8, Int64
    from .window import Part

_QUEUED_NS = 20_000
"""Launched so long before its stream was free, an operation waited for nothing else."""
_IDLE_NS = 20_000
"""Launched so long after its stream had ended all, an operation found it idle."""
_AT_ONCE_NS = 50_000
"""What follows later than this waited for something else."""
USUAL_LATENCY_NS = 6_000
"""from a launch to the start of its operation, where the trace shows none: typical of NVIDIA's data center GPUs"""
USUAL_GAP_NS = 1_000
"""between two queued operations of a stream, where the trace shows none"""


@dataclass(frozen=True, slots=True, eq=False)
class Pace:
    """Of each operation of a part, in ns: (n,) int64 each."""

    latency_ns: Int64
    """from the begin of its launch to its start, if nothing holds it up"""
    gap_ns: Int64
    """from the end of the operation before it to its start, if it was queued"""


@once
def pace(part: Part) -> Pace:
    """The medians by engine."""
    work, rows = part.trace.work, part.rows
    engine, previous = work.engine[rows], previous_on_stream(part)
    follows = previous != MISSING
    ended_ns = np.where(follows, work.end_ns[rows[np.maximum(previous, 0)]], part.begin_ns - _IDLE_NS)
    gap_ns, latency_ns = work.start_ns[rows] - ended_ns, work.start_ns[rows] - part.issued_ns
    queued = follows & (part.issued_ns + _QUEUED_NS < ended_ns) & (gap_ns >= 0) & (gap_ns < _AT_ONCE_NS)
    idle = (part.issued_ns > ended_ns + _IDLE_NS) & (latency_ns < _AT_ONCE_NS)
    return Pace(
        _median_by(engine, latency_ns, idle, USUAL_LATENCY_NS), _median_by(engine, gap_ns, queued, USUAL_GAP_NS)
    )


def _median_by(engine: Int8, ns: Int64, of: NDArray[np.bool_], usual_ns: int) -> Int64:
    """The median of each engine's own, else of all, else the usual."""
    everywhere = int(np.median(ns[of])) if of.any() else usual_ns
    found = np.full(len(ns), everywhere, np.int64)
    for kind in Engine:
        own = of & (engine == kind)
        if own.any():
            found[engine == kind] = int(np.median(ns[own]))
    return found
