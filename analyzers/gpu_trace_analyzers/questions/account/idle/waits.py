"""Which calls wait for a device, and how long was the device busy in each: its lead?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ....intervals import Intervals
from ....model import ALL_COPIES, MISSING, Engine, Memory
from ...host_waits import SYNCHRONIZING
from ...launches import launches
from ...once import once
from ...read_backs import copies_value
from ...unmatched import calls_named
from .records import records

if TYPE_CHECKING:
    from ....model import Int64, Trace
    from .parts import Mask, Records

STAGED_NS = 20_000
"""An asynchronous copy of pageable memory that takes longer waited for its stream; below it only fills a buffer."""


@once
def waiting_calls(trace: Trace) -> Records:
    """The calls that return when a device has got somewhere."""
    waiting = (calls_named(trace, SYNCHRONIZING) & ~_inside_device(trace)) | _staged(trace)
    return records(trace, trace.calls, waiting, trace.calls.thread)


def lead_ns(trace: Trace, position: int, waits: Records) -> Int64:
    """How long one device was busy in each call: (n,) int64."""
    work = trace.work_of(position)
    return Intervals.of(work.start_ns, work.end_ns).covered_ns(waits.start_ns, waits.end_ns)


@once
def read_backs(trace: Trace) -> Mask:
    """Which rows of ``Trace.calls`` wait for a value: they copy it, or come next after the call that copies it."""
    work, launched, calls = trace.work, launches(trace), trace.calls
    copying = np.zeros(len(calls), np.bool_)
    copying[launched.call[copies_value(work) & (launched.call != MISSING)]] = True
    waiting = np.zeros(len(calls), np.bool_)
    waiting[waiting_calls(trace).row] = True
    order = np.lexsort((calls.start_ns, calls.thread, calls.process))
    same = (np.diff(calls.process[order]) == 0) & (np.diff(calls.thread[order]) == 0)
    follows = np.zeros(len(calls), np.bool_)
    follows[order[1:][same]] = copying[order[:-1][same]]
    return np.asarray(waiting & (copying | follows))


def _inside_device(trace: Trace) -> Mask:
    """The calls that copy inside a device: those return at once, whatever their name."""
    return _calls_of(trace, trace.work.engine == Engine.COPY_D2D)


def _staged(trace: Trace) -> Mask:
    """The asynchronous copies of pageable memory that took long."""
    work, calls = trace.work, trace.calls
    pageable = (work.source == Memory.PAGEABLE) | (work.target == Memory.PAGEABLE)
    return np.asarray(_calls_of(trace, pageable & work.does(ALL_COPIES)) & (calls.end_ns - calls.start_ns > STAGED_NS))


def _calls_of(trace: Trace, rows: Mask) -> Mask:
    call = launches(trace).call[rows]
    found = np.zeros(len(trace.calls), np.bool_)
    found[call[call != MISSING]] = True
    return found
