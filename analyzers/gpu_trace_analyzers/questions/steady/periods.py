"""Does a process launch the same sequence of operations again and again, where no range says what a step is?

Certain, or not at all: one sequence of at least two different operations follows itself, without a single other launch
between, at least `LEAST_TIMES` times, and these are at least `LEAST_SHARE` of all that the process launched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..launches import launches
from ..once import once

if TYPE_CHECKING:
    from ...model import Int64, Trace

LEAST_TIMES = 5
LEAST_SHARE = 0.8
_MOST_TRIED = 16
"""distances between two launches of one operation that are tried: the commonest"""


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
        rows = rows[np.argsort(launched.at_ns[rows], kind="stable")]
        if repeating := _repeating(work.name[rows].astype(np.int64)):
            begin, period, times = repeating
            last = rows[begin + (times - 1) * period : begin + times * period]
            row = rows[begin : begin + times * period : period]
            launch_ns = np.append(launched.at_ns[row], launched.at_ns[last].max() + 1)
            found.append(Periods(process, row, launch_ns, int(work.end_ns[last].max())))
    return tuple(found)


def _repeating(names: Int64) -> tuple[int, int, int] | None:
    """(where it begins, length, times) of the sequence that repeats; None where none certainly does."""
    best = max((_longest(names, period) for period in _distances(names)), default=(0, 0, 0))
    length, begin, period = best[0], best[1], -best[2]
    times = length // period if period else 0
    if times < LEAST_TIMES or times * period < LEAST_SHARE * len(names):
        return None
    return (begin, period, times) if len(np.unique(names[begin : begin + period])) > 1 else None


def _distances(names: Int64) -> list[int]:
    """Distances at which operations come again, the commonest of all operations first."""
    order = np.argsort(names, kind="stable")
    apart = np.diff(order)[np.diff(names[order]) == 0]
    # The rarest operation of a step comes once in each: its distance is the step's. Frequent ones have many others.
    distance, often = np.unique(apart[apart * LEAST_TIMES <= len(names)], return_counts=True)
    weight = distance * often
    return [int(each) for each in distance[np.argsort(-weight, kind="stable")][:_MOST_TRIED]]


def _longest(names: Int64, period: int) -> tuple[int, int, int]:
    """(launches, where they begin, -``period``) of the longest stretch that repeats with this period."""
    differs = np.flatnonzero(names[:-period] != names[period:])
    edges = np.concatenate(([-1], differs, [len(names) - period]))
    longest = int(np.argmax(np.diff(edges)))
    return int(np.diff(edges)[longest]) - 1 + period, int(edges[longest]) + 1, -period
