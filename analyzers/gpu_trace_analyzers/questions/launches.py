"""Which host call launched each operation of a device, and so where on the host it belongs?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING

if TYPE_CHECKING:
    from ..model import HostCalls, Int64, Trace


_ALL_FITS = 1 << 62
"""Keys below this are exact in int64; those of ids that count from the start of a process are."""


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


def launches(trace: Trace) -> Launches:
    """Join work and calls on (process, correlation); correlation ids mean nothing across processes."""
    work, calls = trace.work, trace.calls
    call = _first_call(calls, work.process.astype(np.int64), work.correlation)
    found = call != MISSING
    at_ns, thread = np.full(len(work), MISSING), np.full(len(work), MISSING)
    at_ns[found], thread[found] = calls.start_ns[call[found]], calls.thread[call[found]]
    on_cpu = np.array([device.kind == "cpu" for device in trace.devices] or [False])[work.device]
    at_ns[on_cpu], thread[on_cpu] = work.start_ns[on_cpu], work.stream[on_cpu]
    return Launches(call, at_ns, thread)


def next_launch_ns(trace: Trace, launched: Launches) -> Int64:
    """For each row of ``Trace.work``, when its thread launched the next operation; `MISSING` where it launched none."""
    following = np.full(len(trace.work), MISSING)
    rows = np.flatnonzero(launched.known)
    process, thread, at_ns = trace.work.process[rows].astype(np.int64), launched.thread[rows], launched.at_ns[rows]
    order = np.lexsort((at_ns, thread, process))
    same = (np.diff(process[order]) == 0) & (np.diff(thread[order]) == 0)
    following[rows[order[:-1]][same]] = at_ns[order[1:]][same]
    return following


def _first_call(calls: HostCalls, process: Int64, correlation: Int64) -> Int64:
    """Position of the call with each (process, correlation), of several the first; `MISSING` where there is none.

    A runtime call and the driver call inside it can carry one id; the outer one starts first.
    """
    if not len(calls):
        return np.full(len(correlation), MISSING)
    keys, wanted = _joint_keys(calls, process, correlation)
    order = np.argsort(keys, kind="stable")
    place = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    candidate = order[place]
    return np.where((correlation != MISSING) & (keys[candidate] == wanted), candidate, MISSING)


def _joint_keys(calls: HostCalls, process: Int64, correlation: Int64) -> tuple[Int64, Int64]:
    """One number for each (process, correlation) of the calls, and of the work; ids may be any int64."""
    of_calls = calls.process.astype(np.int64)
    low = min(int(column.min(initial=0)) for column in (calls.correlation, correlation))
    span = max(int(column.max(initial=0)) for column in (calls.correlation, correlation)) - low + 1
    if span * (max(int(column.max(initial=0)) for column in (of_calls, process)) + 1) < _ALL_FITS:
        return of_calls * span + (calls.correlation - low), process * span + (correlation - low)
    ids, rank = np.unique(np.concatenate((calls.correlation, correlation)), return_inverse=True)
    keys = np.concatenate((of_calls, process)) * len(ids) + rank
    return keys[: len(calls)], keys[len(calls) :]
