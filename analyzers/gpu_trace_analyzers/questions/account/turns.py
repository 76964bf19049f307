"""Do the threads of a CPU compute one at a time, though several of them have work?

Threads that do not wait for each other overlap. Those that do take turns: each computes nearly always alone. With
threads that are busy by chance, and alone for nine tenths of their time, no fifth of the window would be busy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...intervals import Intervals
from ...model import Engine
from ..once import once
from ..recorded import recorded
from .idle.parts import with_caller

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...model import Int64
    from ..scope import Scope

ALONE = (9, 10)
"""of the time in which each thread computes, no other one does"""
LEAST_SHARE = (1, 4)
"""of the window, in which one of them computes alone"""
LEAST_PART = (1, 4)
"""of an even share of the computing: a thread that does less is a helper, which waits because it has little to do"""
FEWEST = 10
"""changes from one thread to another: fewer may be the phases of a script"""


@dataclass(frozen=True, slots=True)
class Turns:
    """Threads of one process that take turns."""

    threads: int
    ns: int
    """in which exactly one of them computed, and another one was between its first and its last operator"""


@once
def turns(scope: Scope, position: int) -> Turns | None:
    """Those of a CPU device, in the time that was recorded of it; None where they do not take turns."""
    busy, window_ns = _workers(scope, position), recorded(scope, position).total_ns
    if len(busy) < 2 or _changes(busy) < FEWEST:
        return None
    at_ns, computing, active = _depths(busy)
    ns = int(np.diff(at_ns)[(computing == 1) & (active > 1)].sum())
    alone = Intervals.of(at_ns[:-1][computing == 1], at_ns[1:][computing == 1])
    part, of = ALONE
    if any(of * (own & alone).total_ns < part * own.total_ns for own in busy):
        return None
    part, of = LEAST_SHARE
    return Turns(len(busy), ns) if of * ns >= part * window_ns else None


def _workers(scope: Scope, position: int) -> list[Intervals]:
    """When each thread that does a fair part of the work ran operators; waiting in a collective is none.

    PyTorch's autograd thread counts as the one that called backward.
    """
    work, time = scope.trace.work, recorded(scope, position)
    rows = np.flatnonzero((work.device == position) & (work.engine != Engine.COLLECTIVE))
    thread = with_caller(scope.trace, work.process[rows].astype(np.int64), work.stream[rows])
    each = (rows[thread == number] for number in np.unique(thread))
    busy = [own for mine in each if (own := Intervals.of(work.start_ns[mine], work.end_ns[mine]) & time)]
    part, of = LEAST_PART
    whole_ns = sum(own.total_ns for own in busy)
    return [own for own in busy if of * len(busy) * own.total_ns >= part * whole_ns]


def _changes(busy: Sequence[Intervals]) -> int:
    """How often another thread computes than the last one, in the order in which they begin to."""
    start_ns = np.concatenate([own.start_ns for own in busy])
    thread = np.repeat(np.arange(len(busy)), [len(own) for own in busy])
    return int((np.diff(thread[np.argsort(start_ns, kind="stable")]) != 0).sum())


def _depths(busy: Sequence[Intervals]) -> tuple[Int64, Int64, Int64]:
    """Instants, and from each to the next how many threads computed and how many had begun to and were not done yet."""
    start_ns, end_ns = (np.concatenate([getattr(own, name) for own in busy]) for name in ("start_ns", "end_ns"))
    first_ns, last_ns = (
        np.array([getattr(own, name)[i] for own in busy]) for name, i in (("start_ns", 0), ("end_ns", -1))
    )
    at_ns = np.unique(np.concatenate((start_ns, end_ns)))
    return at_ns, _depth(at_ns[:-1], start_ns, end_ns), _depth(at_ns[:-1], first_ns, last_ns)


def _depth(at_ns: Int64, start_ns: Int64, end_ns: Int64) -> Int64:
    begun = np.searchsorted(np.sort(start_ns), at_ns, side="right")
    return np.asarray(begun - np.searchsorted(np.sort(end_ns), at_ns, side="right"))
