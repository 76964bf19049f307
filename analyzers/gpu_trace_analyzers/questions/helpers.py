"""Which devices are those of helpers: of processes without a rank that did next to nothing beside the others?"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING
from .once import once

if TYPE_CHECKING:
    from ..model import Int64, Trace

LITTLE = Fraction(1, 50)
"""of what was done on the busiest device: a script that starts workers does not become a job of several ranks"""


@once
def helpers(trace: Trace) -> tuple[int, ...]:
    """Positions of the devices of helpers, in order; a device is none where a process of the busiest one used it."""
    if len(trace.processes) < 2 or not len(trace.work):
        return ()
    done_ns = _done_ns(trace)
    busiest = int(np.argmax(done_ns))
    of_busiest = _processes(trace, busiest)
    return tuple(
        position
        for position in np.flatnonzero(done_ns).tolist()
        if trace.devices[position].rank == MISSING
        and done_ns[position] < LITTLE * int(done_ns[busiest])
        and not _processes(trace, position) & of_busiest
    )


def _done_ns(trace: Trace) -> Int64:
    """Of each device, the time of its operations, one by one."""
    done_ns = np.zeros(len(trace.devices), dtype=np.int64)
    np.add.at(done_ns, trace.work.device, trace.work.end_ns - trace.work.start_ns)
    return done_ns


def _processes(trace: Trace, position: int) -> set[int]:
    return set(np.unique(trace.work.process[trace.work.device == position]).tolist())
