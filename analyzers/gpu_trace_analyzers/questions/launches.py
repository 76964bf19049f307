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
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ..model import Int64, Trace
    from .parted import Thread


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
def launched_by_thread(trace: Trace) -> Mapping[Thread, Int64]:
    """The rows of ``Trace.work`` that each thread launched, in the order of their launches; then in their own."""
    launched = launches(trace)
    rows = np.flatnonzero(launched.known)
    parts = rows_of_each_thread(trace.work.process[rows], launched.thread[rows])
    return {owner: in_order_of_launch(trace, rows[own]) for owner, own in parts.items()}


def in_order_of_launch(trace: Trace, rows: Int64) -> Int64:
    """These rows of ``Trace.work``; those launched at once stay in the order in which they come."""
    return np.asarray(rows[np.argsort(launches(trace).at_ns[rows], kind="stable")])


@once
def next_launch_ns(trace: Trace) -> Int64:
    """For each row of ``Trace.work``, when its thread launched the next operation; `MISSING` where it launched none."""
    following, at_ns = np.full(len(trace.work), MISSING), launches(trace).at_ns
    for rows in launched_by_thread(trace).values():
        following[rows[:-1]] = at_ns[rows[1:]]
    return following
