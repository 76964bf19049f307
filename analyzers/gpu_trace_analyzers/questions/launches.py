"""Which host call launched each operation of a device, and so where on the host it belongs?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING
from ..readers.base.launchers import launching_call
from .once import once
from .parted import rows_of_each_thread

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
    by_call_ns: Int64
    """``at_ns`` of what a call launched"""

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
    by_call_ns = at_ns
    if on_cpu.any():
        by_call_ns = at_ns.copy()
        at_ns[on_cpu], thread[on_cpu] = work.start_ns[on_cpu], work.stream[on_cpu]
    return Launches(call, at_ns, thread, by_call_ns)


@once
def launching(trace: Trace) -> NDArray[np.bool_]:
    """Which rows of ``Trace.calls`` launched an operation that the trace has: (calls,) bool."""
    call, found = launches(trace).call, np.zeros(len(trace.calls), np.bool_)
    found[call[call != MISSING]] = True
    return found


@once
def next_launch_ns(trace: Trace) -> Int64:
    """For each row of ``Trace.work``, when its thread launched the next operation; `MISSING` where it launched none."""
    launched = launches(trace)
    following = np.full(len(trace.work), MISSING)
    rows = np.flatnonzero(launched.known)
    process, thread, at_ns = trace.work.process[rows], launched.thread[rows], launched.at_ns[rows]
    for own in rows_of_each_thread(process, thread).values():
        order = own[np.argsort(at_ns[own], kind="stable")]
        following[rows[order[:-1]]] = at_ns[order[1:]]
    return following
