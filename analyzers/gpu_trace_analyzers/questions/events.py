"""What did a stream or the host wait for: which event, recorded when, or which device? CUPTI's synchronization rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..ids import Ids, first_rows
from ..model import MISSING, SyncKind
from .once import once
from .stretches import pick

if TYPE_CHECKING:
    from ..model import HostCalls, Int64, Syncs, Trace


def events_of(trace: Trace, waits: Int64) -> tuple[Int64, Int64]:
    """For calls that made a stream wait: the stream of the event, and when that was recorded; `MISSING` if unknown."""
    row = _row_of(trace, waits)
    return pick(_stream_waits(trace).awaited_stream, row), pick(_recorded_ns(trace), row)


def made_to_wait(trace: Trace, waits: Int64) -> Int64:
    """The stream that each of these calls made wait, `MISSING` for no call: (n,), `MISSING` if it is not known."""
    found, known = np.full(len(waits), MISSING), np.flatnonzero(waits != MISSING)
    found[known] = pick(_stream_waits(trace).stream, _row_of(trace, waits[known]))
    return found


def awaited_by(trace: Trace, waits: Int64) -> tuple[Int64, Int64]:
    """For calls in which the host waited: a device, and a stream of it or `MISSING` for all of its streams.

    `MISSING` in both columns where no row says it, or says it of an event without the stream that recorded it.
    """
    syncs = trace.syncs[(trace.syncs.kind != SyncKind.STREAM_WAIT) & (trace.syncs.correlation != MISSING)]
    of = np.where(syncs.kind == SyncKind.EVENT, syncs.awaited_stream, syncs.stream)
    of = np.where(syncs.kind == SyncKind.CONTEXT, MISSING, of)
    known = (syncs.device != MISSING) & ((syncs.kind == SyncKind.CONTEXT) | (of != MISSING))
    syncs, of = syncs[known], of[known]
    row = first_rows(_ids(syncs), _ids(trace.calls, waits))
    return pick(syncs.device, row), pick(of, row)


@once
def _stream_waits(trace: Trace) -> Syncs:
    """The rows of calls that made a stream wait."""
    return trace.syncs[trace.syncs.kind == SyncKind.STREAM_WAIT]


@once
def _recorded_ns(trace: Trace) -> Int64:
    """When the event of each of `_stream_waits` was recorded; `MISSING` if it is not known."""
    syncs = _stream_waits(trace)
    return pick(trace.calls.start_ns, first_rows(_ids(trace.calls), Ids(syncs.process, syncs.awaited_correlation)))


def _row_of(trace: Trace, waits: Int64) -> Int64:
    """Of each such call the row among `_stream_waits`; `MISSING` if there is none."""
    return first_rows(_ids(_stream_waits(trace)), _ids(trace.calls, waits))


def _ids(table: HostCalls | Syncs, rows: Int64 | slice = slice(None)) -> Ids:
    return Ids(table.process[rows], table.correlation[rows])
