"""Ids that mean one thing in a whole file, for traces of several recorded processes (the ranks of a job).

Kineto's files are of one process, so their readers know a device by its index alone, and a launch by its correlation
id alone: GPU 0 of each rank would be one device to them, with the work of all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.model import MISSING

if TYPE_CHECKING:
    from gpu_trace_analyzers.model import Trace


def device_numbers(trace: Trace) -> list[int]:
    """By which number events name each device: its index, or its position where two of a kind have the same index."""
    if len({(device.kind, device.index) for device in trace.devices}) < len(trace.devices):
        return list(range(len(trace.devices)))
    return [device.index for device in trace.devices]


def with_own_correlations(trace: Trace) -> Trace:
    """The trace with correlation ids numbered anew, from 1, where two processes use the same for different launches."""
    calls, work, syncs = trace.calls, trace.work, trace.syncs
    columns = (calls.correlation, work.correlation, syncs.correlation, syncs.awaited_correlation)
    correlation = np.concatenate(columns)
    process = np.concatenate([table.process for table in (calls, work, syncs, syncs)]).astype(np.int64)
    known = correlation != MISSING
    pairs, which = np.unique(np.stack((process, correlation), axis=1)[known], axis=0, return_inverse=True)
    if len(np.unique(pairs[:, 1])) == len(pairs):
        return trace
    fresh = np.full(len(correlation), MISSING, dtype=np.int64)
    fresh[known] = which.reshape(-1) + 1
    of_calls, of_work, of_syncs, awaited = np.split(fresh, np.cumsum([len(column) for column in columns])[:-1])
    return replace(
        trace,
        calls=replace(calls, correlation=of_calls),
        work=replace(work, correlation=of_work),
        syncs=replace(syncs, correlation=of_syncs, awaited_correlation=awaited),
    )
