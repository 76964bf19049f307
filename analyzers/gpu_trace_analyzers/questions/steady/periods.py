"""Does a process launch the same sequence of operations again and again, where no range says what a step is?

Certain, or not at all: one sequence of at least two different operations follows itself, without a single other launch
between, at least `LEAST_TIMES` times, and these are at least `LEAST_SHARE` of all operations of the process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING
from ..launches import launches
from ..once import once

if TYPE_CHECKING:
    from ...model import Int64, Trace

LEAST_TIMES = 5
LEAST_SHARE = 0.8
_MOST_TRIED, _RAREST, _NEXT = 16, 4, 9
"""distances that are tried: so many of all operations, and of so many operations those to the next few"""


@dataclass(frozen=True, slots=True, eq=False)
class Periods:
    """The repetitions of one sequence."""

    process: int
    row: Int64
    """(repetitions,) in ``Trace.work``: the operation that each of them begins with"""
    launch_ns: Int64
    """(repetitions + 1,) when each of them was launched, and when the last one had been"""
    end_ns: int
    """when the last operation of the last of them ended"""


@once
def periods(trace: Trace) -> tuple[Periods, ...]:
    """Those of each process that has any."""
    work, launched = trace.work, launches(trace)
    found = []
    for process in np.unique(work.process[launched.known]).tolist():
        rows = np.flatnonzero(launched.known & (work.process == process))
        rows = rows[np.lexsort((launched.call[rows], launched.at_ns[rows]))]
        # A launch is the operations of one call: of a CUDA graph, all of one replay.
        call = launched.call[rows]
        first = np.flatnonzero(np.concatenate(([True], (call[1:] != call[:-1]) | (call[1:] == MISSING))))
        if repeating := _repeating(work.name[rows[first]].astype(np.int64), np.diff(first, append=len(rows))):
            begin, period, times = repeating
            edges = np.append(first, len(rows))[begin + np.array((times - 1, times)) * period]
            last, row = rows[edges[0] : edges[1]], rows[first[begin : begin + times * period : period]]
            launch_ns = np.append(launched.at_ns[row], launched.at_ns[last].max() + 1)
            found.append(Periods(process, row, launch_ns, int(work.end_ns[last].max())))
    return tuple(found)


def _repeating(name: Int64, operations: Int64) -> tuple[int, int, int] | None:
    """(where it begins, length, times) of the sequence that repeats; None where none certainly does.

    Of each launch the name of its first operation, and how many it has.
    """
    _, names = np.unique(np.stack((name, operations), axis=1), axis=0, return_inverse=True)
    names = names.reshape(-1).astype(np.int64)
    best = max((_longest(names, period) for period in _distances(names)), default=(0, 0, 0))
    length, begin, period = best[0], best[1], -best[2]
    times = length // period if period else 0
    repeated, step = slice(begin, begin + times * period), slice(begin, begin + period)
    if times < LEAST_TIMES or operations[repeated].sum() < LEAST_SHARE * operations.sum():
        return None
    return (begin, period, times) if len(np.unique(names[step])) > 1 or operations[step].max() > 1 else None


def _distances(names: Int64) -> list[int]:
    """Distances at which operations come again: those that may be the length of the sequence.

    An operation that comes n times in each step is the same step's length from its n-th next. So the distances of the
    rarest operations count, to the next few; and those of all to the next, weighted by their lengths, because what
    comes rarely may be no part of a step.
    """
    distinct, often = np.unique(names, return_counts=True)
    rarest = distinct[np.argsort(often, kind="stable")][np.sort(often) >= LEAST_TIMES][:_RAREST]
    at = [np.flatnonzero(names == name) for name in rarest]
    found = [_commonest(each[lag:] - each[:-lag], 1) for each in at for lag in range(1, min(_NEXT, len(each)))]
    order = np.argsort(names, kind="stable")
    found.append(_commonest(np.diff(order)[np.diff(names[order]) == 0], _MOST_TRIED))
    return [period for period in np.unique(np.concatenate(found)).tolist() if period * LEAST_TIMES <= len(names)]


def _commonest(apart: Int64, most: int) -> Int64:
    """Those of most weight, which is how often each comes times its length."""
    distance, often = np.unique(apart, return_counts=True)
    return distance[np.argsort(-distance * often, kind="stable")][:most]


def _longest(names: Int64, period: int) -> tuple[int, int, int]:
    """(launches, where they begin, -``period``) of the longest stretch that repeats with this period."""
    differs = np.flatnonzero(names[:-period] != names[period:])
    edges = np.concatenate(([-1], differs, [len(names) - period]))
    longest = int(np.argmax(np.diff(edges)))
    return int(np.diff(edges)[longest]) - 1 + period, int(edges[longest]) + 1, -period
