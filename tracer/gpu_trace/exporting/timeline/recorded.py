"""The counters that were recorded, each by itself: clocks, power, memory in use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.model import MISSING

from .identities import keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpu_trace_analyzers.model import Counters, Int64, Trace

    from .identities import HostPlaces


@dataclass(frozen=True, slots=True)
class RecordedCounter:
    """The values of one counter in order: ``value[i]`` holds from ``at_ns[i]``; all columns are (n,) int64."""

    name: str
    unit: str
    device: int
    """position in ``Trace.devices``; `MISSING` for a counter of the process"""
    process: int
    """position in ``Trace.processes``"""
    at_ns: Int64
    value: Int64
    thread: Int64
    """the id under which the thread is written; `MISSING` for a value that was measured from outside"""


def recorded_counters(trace: Trace, places: HostPlaces) -> Iterator[RecordedCounter]:
    """Every counter of a trace whose rows all name a process, in the order of devices, processes, names and units."""
    rows = trace.counters[np.lexsort((trace.counters.end_ns, trace.counters.start_ns))]
    owners, which_owner = keys(rows.device, rows.process)
    titles, which_title = keys(rows.name, rows.unit)
    pairs, which = keys(which_owner, which_title)
    thread = _threads(rows, places)
    for number, (owner, title) in enumerate(pairs):
        own = which == number
        name, unit = (trace.text(code) for code in titles[title])
        yield RecordedCounter(name, unit, *owners[owner], rows.start_ns[own], rows.value[own], thread[own])


def _threads(rows: Counters, places: HostPlaces) -> Int64:
    """By which id each row's thread is written: (n,) int64."""
    pairs, which = keys(rows.process, rows.thread)
    ids = [places.tids.get(pair, pair[1]) if pair[1] != MISSING else MISSING for pair in pairs]
    return np.array(ids, dtype=np.int64)[which]
