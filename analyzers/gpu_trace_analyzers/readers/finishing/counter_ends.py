"""Until when does each value of a counter stand? Until the next one, and never beyond what was recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...model import Counters, Int64, Trace, Windows


def with_counter_ends(trace: Trace) -> Trace:
    """The trace with an end for each value of its counters, whose rows begin in the order in which they were recorded.

    A value stands until the next one of its counter, at most until the end of the window of recording in which it
    began; one that began outside of all windows, until the end of the next window. Of values in a row that are equal,
    in one window, the first stands for all. In a damaged file a later value may be lost, so the last one that is there
    has no length.
    """
    counters = trace.counters
    if not len(counters):
        return trace
    limit_ns = _limits(counters, trace.windows)
    order = np.lexsort((counters.start_ns, which := _which(counters)))
    repeats = np.zeros(len(counters), dtype=np.bool_)
    before, after = order[:-1], order[1:]
    same = which[before] == which[after]
    stands = limit_ns[before] > counters.start_ns[after]
    repeats[after] = same & stands & (counters.value[before] == counters.value[after])
    order = order[~repeats[order]]
    before, after = order[:-1], order[1:]
    last_ns = counters.start_ns if trace.source.damage else limit_ns
    next_ns = np.where(which[before] == which[after], counters.start_ns[after], last_ns[before])
    end_ns = last_ns.copy()
    end_ns[before] = np.minimum(limit_ns[before], next_ns)
    return replace(trace, counters=replace(counters, end_ns=end_ns)[~repeats])


def _which(counters: Counters) -> Int64:
    """A number for each counter: (n,) int64."""
    number = np.zeros(len(counters), dtype=np.int64)
    for column in (counters.name, counters.unit, counters.device, counters.process):
        distinct, places = np.unique(column, return_inverse=True)
        number = np.unique(number * len(distinct) + places.reshape(-1), return_inverse=True)[1].reshape(-1)
    return number


def _limits(counters: Counters, windows: Windows) -> Int64:
    """The latest that each value can stand until: (n,) int64."""
    limit_ns = counters.start_ns.copy()
    for process in np.unique(counters.process).tolist():
        own = counters.process == process
        of_process = _of(windows, process)
        if of_process.any():
            limit_ns[own] = _limit(counters.start_ns[own], windows[of_process])
    return limit_ns


def _of(windows: Windows, process: int) -> NDArray[np.bool_]:
    return np.isin(windows.process, (process, MISSING)) | (process == MISSING)


def _limit(at_ns: Int64, windows: Windows) -> Int64:
    ends_ns = np.maximum.accumulate(windows.end_ns)
    place = np.searchsorted(windows.start_ns, at_ns, side="right") - 1
    inside = (place >= 0) & (at_ns <= ends_ns[place])
    place = np.where(inside, place, place + 1)
    has = place < len(ends_ns)
    return np.where(has, ends_ns[np.minimum(place, len(ends_ns) - 1)], at_ns)
