"""Which host call launched each operation of a device, and so where on the host it belongs?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING
from ..readers.base.launchers import launching_call
from .once import once

if TYPE_CHECKING:
    from ..model import Int64, Trace


@dataclass(frozen=True, slots=True, eq=False)
class Launches:
    """For each row of ``Trace.work``: where it was launched. ``MISSING`` in every column where the trace does not say.

    An operator of a CPU device launches itself: when it starts, on its own thread. ``call`` is `MISSING` for it.
    """

    call: Int64
    """position in ``Trace.calls``"""
    at_ns: Int64
    """start of that call"""
    thread: Int64

    @property
    def known(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which rows have one."""
        return np.asarray(self.at_ns != MISSING)


@once
def launches(trace: Trace) -> Launches:
    """Join work and calls on (process, correlation); correlation ids mean nothing across processes."""
    work, calls = trace.work, trace.calls
    call = launching_call(work, calls)
    found = call != MISSING
    at_ns, thread = np.full(len(work), MISSING), np.full(len(work), MISSING)
    at_ns[found], thread[found] = calls.start_ns[call[found]], calls.thread[call[found]]
    on_cpu = np.array([device.kind == "cpu" for device in trace.devices], dtype=np.bool_)[work.device]
    at_ns[on_cpu], thread[on_cpu] = work.start_ns[on_cpu], work.stream[on_cpu]
    return Launches(call, at_ns, thread)


@once
def next_launch_ns(trace: Trace) -> Int64:
    """For each row of ``Trace.work``, when its thread launched the next operation; `MISSING` where it launched none."""
    launched = launches(trace)
    following = np.full(len(trace.work), MISSING)
    rows = np.flatnonzero(launched.known)
    process, thread, at_ns = trace.work.process[rows].astype(np.int64), launched.thread[rows], launched.at_ns[rows]
    order = np.lexsort((at_ns, thread, process))
    # In order of threads and times, the next launch of a row is its neighbor's, unless that is of another thread.
    same = (np.diff(process[order]) == 0) & (np.diff(thread[order]) == 0)
    following[rows[order[:-1]][same]] = at_ns[order[1:]][same]
    return following
