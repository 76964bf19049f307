"""Which event did a stream wait on: of which stream, and when was it recorded? CUPTI's synchronization rows say it."""

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


def _place(ids: Int64, wanted: Int64) -> Int64:
    """Where each wanted id is among the ids; `MISSING` where it is not, or where `MISSING` is wanted."""
    if not len(ids):
        return np.full(len(wanted), MISSING)
    order = np.argsort(ids, kind="stable")
    place = order[np.minimum(np.searchsorted(ids[order], wanted), len(ids) - 1)]
    return np.where((wanted != MISSING) & (ids[place] == wanted), place, MISSING)
