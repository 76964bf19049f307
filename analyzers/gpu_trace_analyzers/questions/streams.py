"""Which operations are in one stream? Numbers of streams mean something only inside a process and a context."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..few_distinct import few_distinct
from ..model import MISSING
from .once import once

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..model import DeviceWork, Int64, Trace


def streams(trace: Trace, work: DeviceWork) -> Int64:
    """For each row of one device's work a number for its stream, (n,) int64.

    Streams are those of a process, whichever of its files (cycles of one profiler) they are in.
    """
    which = np.zeros(len(work), dtype=np.int64)
    for column in (_pids(trace)[work.process], work.context, work.stream):
        if len(column) and (column != column[0]).any():  # mostly one process and one context
            found, place = few_distinct(column)
            which = which * len(found) + place
    return which


@once
def _pids(trace: Trace) -> Int64:
    """By position in ``Trace.processes``, and in the end `MISSING` for no process."""
    return np.array([process.pid for process in trace.processes] + [MISSING], dtype=np.int64)


def in_one_stream(work: DeviceWork, a: Int64, b: Int64) -> NDArray[np.bool_]:
    """For pairs of rows, whether both are in one stream; not where either is `MISSING`."""
    same = (a != MISSING) & (b != MISSING)
    if same.any():
        for column in (work.device, work.process, work.context, work.stream):
            same &= column[a] == column[b]
    return np.asarray(same)
