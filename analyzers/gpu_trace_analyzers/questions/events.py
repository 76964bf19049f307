"""What did a stream or the host wait for: which event, recorded when, or which device? CUPTI's synchronization rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING, SyncKind
from .stretches import pick

if TYPE_CHECKING:
    from ..model import Int64, Trace


def events_of(trace: Trace, waits: Int64) -> tuple[Int64, Int64]:
    """For calls that made a stream wait: the stream of the event, and when that was recorded; `MISSING` if unknown."""
    calls, stream, recorded_ns = trace.calls, np.full(len(waits), MISSING), np.full(len(waits), MISSING)
    syncs = trace.syncs[trace.syncs.kind == SyncKind.STREAM_WAIT]
    for process in np.unique(calls.process[waits]).tolist():
        mine, own = np.flatnonzero(calls.process[waits] == process), np.flatnonzero(calls.process == process)
        known = syncs[(syncs.process == process) & (syncs.correlation != MISSING)]
        row = _place(known.correlation, calls.correlation[waits[mine]])
        stream[mine] = pick(known.awaited_stream, row)
        call = _place(calls.correlation[own], pick(known.awaited_correlation, row))
        recorded_ns[mine] = pick(calls.start_ns[own], call)
    return stream, recorded_ns


def awaited_by(trace: Trace, waits: Int64) -> tuple[Int64, Int64]:
    """For calls in which the host waited: a device, and a stream of it or `MISSING` for all of its streams.

    `MISSING` in both columns where no row says it, or says it of an event without the stream that recorded it.
    """
    calls, device, stream = trace.calls, np.full(len(waits), MISSING), np.full(len(waits), MISSING)
    syncs = trace.syncs[(trace.syncs.kind != SyncKind.STREAM_WAIT) & (trace.syncs.correlation != MISSING)]
    of = np.where(syncs.kind == SyncKind.EVENT, syncs.awaited_stream, syncs.stream)
    of = np.where(syncs.kind == SyncKind.CONTEXT, MISSING, of)
    known = (syncs.device != MISSING) & ((syncs.kind == SyncKind.CONTEXT) | (of != MISSING))
    syncs, of = syncs[known], of[known]
    for process in np.unique(calls.process[waits]).tolist():
        mine, own = np.flatnonzero(calls.process[waits] == process), np.flatnonzero(syncs.process == process)
        row = _place(syncs.correlation[own], calls.correlation[waits[mine]])
        device[mine], stream[mine] = pick(syncs.device[own], row), pick(of[own], row)
    return device, stream


def _place(ids: Int64, wanted: Int64) -> Int64:
    """Where each wanted id is among the ids; `MISSING` where it is not, or where `MISSING` is wanted."""
    if not len(ids):
        return np.full(len(wanted), MISSING)
    order = np.argsort(ids, kind="stable")
    place = order[np.minimum(np.searchsorted(ids[order], wanted), len(ids) - 1)]
    return np.where((wanted != MISSING) & (ids[place] == wanted), place, MISSING)
