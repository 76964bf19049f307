"""Which part of a gap is the host's, and which records of the launching thread hold it?

The host's part goes from the start of the gap to the start of the call that launched the work which ends it. The thread
that made that call is the launching thread; PyTorch's autograd thread and the one that called backward count as one.
A CPU device launches its work itself, so all of a gap is the host's.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from ....columns import positions
from ....few_distinct import few_distinct
from ....intervals import distinct
from ....model import MISSING
from ...issued import backward_callers
from ...launches import launches
from ...once import once
from ...parted import rows_of_each_thread
from ...stretches import Stretches, pick
from ..pieces import cut_at, select

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ....model import Int64, Trace

    Mask = NDArray[np.bool_]
    Thread = tuple[int, int]
    """position of a process, and a thread of it"""
    Caller = tuple[int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """What threads did, in order of its start. All columns are (n,) int64."""

    start_ns: Int64
    end_ns: Int64
    process: Int64
    thread: Int64
    """`MISSING` for what holds all threads of a process"""
    row: Int64
    """of the table that it is from"""

    @classmethod
    def empty(cls) -> Records:
        """None."""
        return cls(*(np.empty(0, np.int64) for _ in fields(cls)))

    def __len__(self) -> int:
        return len(self.start_ns)

    def select(self, which: Mask | Int64) -> Records:
        """Some of them."""
        at = positions(which)
        return Records(**{column.name: getattr(self, column.name)[at] for column in fields(self)})

    def of_thread(self, owner: Thread) -> Records:
        """Those that hold one thread."""
        process, thread = owner
        return self.select((self.process == process) & ((self.thread == thread) | (self.thread == MISSING)))

    @property
    def outermost(self) -> tuple[Records, Int64]:
        """Those that begin in no earlier one, each until the end of all that begin in it; and these ends."""
        reach = np.maximum.accumulate(self.end_ns)
        first = np.flatnonzero(np.concatenate(([True], self.start_ns[1:] >= reach[:-1])))[: len(self)]
        return self.select(first), reach[np.append(first[1:], len(self))[: len(first)] - 1]


@once
def is_host_part(stretches: Stretches) -> Mask:
    """Which stretches are in the host's part of a gap. They must not reach beyond the launch."""
    known = (stretches.before != MISSING) & (stretches.after != MISSING)
    if stretches.trace.devices[stretches.device].kind == "cpu":
        return np.asarray(known)
    return np.asarray(known & (stretches.launch_ns(stretches.after) >= stretches.end_ns))


@once
def launching_threads(stretches: Stretches) -> tuple[tuple[Thread, Int64], ...]:
    """Each thread that launched what ends a gap, and the positions of the stretches in the host's parts of these."""
    mine = np.flatnonzero(is_host_part(stretches))
    after = stretches.after[mine]
    process, thread = pick(stretches.trace.work.process, after), pick(launching_thread(stretches.trace), after)
    owners = rows_of_each_thread(process, thread)
    return tuple((owner, mine[own]) for owner, own in owners.items() if MISSING not in owner)


def with_caller(trace: Trace, process: Int64, thread: Int64) -> Int64:
    """The threads of some rows, (n,) int64, with the one that called backward in place of PyTorch's autograd thread.

    The two take turns: the caller waits while the other launches, so they are one thread of control. Of several
    autograd threads that launch, which run beside each other, each stays by itself.
    """
    found = thread.astype(np.int64)
    for position, autograd, caller in _callers(trace):
        found[(process == position) & (thread == autograd)] = caller
    return found


@once
def _callers(trace: Trace) -> tuple[Caller, ...]:
    """(process, its autograd thread, the thread that called backward)."""
    launched, process, found = launches(trace), trace.work.process, []
    for position, autograd, caller in backward_callers(trace):
        threads, _ = few_distinct(launched.thread[(process == position) & (launched.call != MISSING)])
        used = np.intersect1d(autograd, threads)
        found += [(position, int(used[0]), caller)] if len(used) == 1 else []
    return tuple(found)


@once
def launching_thread(trace: Trace) -> Int64:
    """For each row of ``Trace.work``."""
    return with_caller(trace, trace.work.process.astype(np.int64), launches(trace).thread)


@once
def launch_calls(trace: Trace, owner: Thread) -> Int64:
    """The calls in which a thread launched anything, in order, as positions in ``Trace.calls``; one of a graph."""
    launched = launches(trace)
    own = (trace.work.process == owner[0]) & (launching_thread(trace) == owner[1]) & (launched.call != MISSING)
    return distinct(launched.call[own])


@once
def launch_times(trace: Trace, owner: Thread) -> Int64:
    """When these calls began."""
    return np.asarray(trace.calls.start_ns[launch_calls(trace, owner)])


def held(stretches: Stretches, records: Records) -> Int64:
    """For each stretch, the row of the record of its launching thread that it lies in; `MISSING` without one.

    Only for stretches in a host's part. Of records in one another it is the outermost.
    """
    found = np.full(len(stretches), MISSING)
    for owner, which in launching_threads(stretches) if len(records) else ():
        own, end_ns = records.of_thread(owner).outermost
        if len(own):
            last = np.searchsorted(own.start_ns, stretches.start_ns[which], side="right") - 1
            inside = (last >= 0) & (stretches.end_ns[which] <= end_ns[np.maximum(last, 0)])
            found[which] = np.where(inside, own.row[np.maximum(last, 0)], MISSING)
    return found


def cut_host_parts(stretches: Stretches, at_ns: Sequence[Int64]) -> Stretches:
    """The same, with the host's parts cut at these instants, in order."""
    mine = is_host_part(stretches)
    if not mine.any() or not at_ns:
        return stretches
    pieces = cut_at(select(stretches, mine), np.concatenate(at_ns))
    rest = select(stretches, ~mine)
    order = np.argsort(np.concatenate((rest.start_ns, pieces.start_ns)), kind="stable")
    columns = {
        name: np.concatenate((getattr(rest, name), getattr(pieces, name)))[order]
        for name in ("start_ns", "end_ns", "during", "before", "after")
    }
    return Stretches(stretches.trace, stretches.device, **columns)
