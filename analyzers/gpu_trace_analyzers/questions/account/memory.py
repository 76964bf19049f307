"""Does a script pin memory anew in its steps, or is memory freed between two allocations?

PyTorch's allocator keeps what is freed. Where cudaMalloc fails, it frees what it keeps and asks again: an allocation,
frees and an allocation on one thread, which launches nothing in between. No record says that an allocation failed, so
the words say what was seen. A script that empties the cache itself has launched work since its last allocation.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING
from ..launches import launches
from ..once import once
from ..stretches import pick
from ..unmatched import calls_named
from .each_step import Repeated
from .idle.records import ALLOCATING_MEMORY, ranges_named

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...model import Int64, Trace
    from ..explained import Explained
    from .each_step import OwnSteps
    from .idle.parts import Records

FEWEST = 3
"""Steps in which it happens, without the first of each kind: fewer may still be a warm-up."""

_PINS = re.compile(
    r"^(cuda|hip)(HostAlloc|MallocHost|HostMalloc|HostRegister)|^cuMem(HostAlloc|AllocHost|HostRegister)"
)
_UNPINS = re.compile(r"^(cuda|hip)(FreeHost|HostFree|HostUnregister)|^cuMem(FreeHost|HostUnregister)")
_ALLOCATES = re.compile(r"^(cuda|hip)Malloc$|^cuMemAlloc(_v2)?$")
_FREES = re.compile(r"^(cuda|hip)Free$|^cuMemFree(_v2)?$")
_BY_HAND = re.compile("empty_cache")


def pinned_anew(found: Explained, cause: str, own: OwnSteps) -> Repeated | None:
    """Whether most steps pin memory, and most of a loss is that."""
    trace = found.stretches.trace
    pins = calls_named(trace, _PINS)
    told = _in_steps(found, cause, own, pins, pins | calls_named(trace, _UNPINS))
    if told is None or 2 * told[0] <= told[1]:
        return None
    words = f"{told[0]:,} of {told[1]:,} steps pin memory anew"
    return Repeated(words, "pin buffers once, before the loop, and copy into them")


def flushed(found: Explained, cause: str, own: OwnSteps) -> Repeated | None:
    """Whether steps free memory between two allocations, and most of a loss is that."""
    calls = _flushes(found.stretches.trace)
    told = _in_steps(found, cause, own, calls, calls)
    if told is None:
        return None
    words = f"in {told[0]:,} of {told[1]:,} steps memory was freed between two allocations, with no launch between them"
    return Repeated(
        words, "if memory is short, use less of it (smaller batches, checkpointing), or expandable segments"
    )


def _in_steps(
    found: Explained, cause: str, own: OwnSteps, begins: NDArray[np.bool_], takes: NDArray[np.bool_]
) -> tuple[int, int] | None:
    """In how many of how many steps a host made calls of one sort; None of few, or if a loss is mostly another.

    ``begins``, ``takes``: (calls,) which calls say that a step did it, and which of them the time is of. The first step
    of each kind does not count.
    """
    if cause != ALLOCATING_MEMORY.cause or not begins.any():
        return None
    trace, which = found.stretches.trace, found.have(cause)
    ns = found.stretches.ns[which]
    mine = pick(takes.astype(np.int8), found.witness[which]) == 1
    process = trace.calls.process[begins].astype(np.int64)
    steps = own.with_any(process, trace.calls.start_ns[begins])[~own.first_of_kind]
    if 2 * int(ns[mine].sum()) <= int(ns.sum()) or int(steps.sum()) < FEWEST:
        return None
    return int(steps.sum()), len(steps)


@once
def _flushes(trace: Trace) -> NDArray[np.bool_]:
    """Which calls free memory between two allocations, with these two: (calls,)."""
    calls, found = trace.calls, np.zeros(len(trace.calls), np.bool_)
    allocates, frees = calls_named(trace, _ALLOCATES), calls_named(trace, _FREES)
    if not (allocates.any() and frees.any()):
        return found
    launched = launches(trace).call
    what = np.where(allocates, 1, np.where(frees, 2, 0))
    what[launched[launched != MISSING]] = 3
    rows = np.flatnonzero(what)
    rows = rows[np.lexsort((calls.start_ns[rows], calls.thread[rows], calls.process[rows]))]
    by_hand = ranges_named(trace, _BY_HAND, trace.ranges.thread != MISSING)
    for first, last in _runs_of(what[rows], calls.process[rows].astype(np.int64), calls.thread[rows]):
        run = rows[first - 1 : last + 1]
        found[run] = not (len(by_hand) and _inside(trace, run[1:-1], by_hand))
    return found


def _runs_of(what: Int64, process: Int64, thread: Int64) -> list[tuple[int, int]]:
    """Bounds ``[first, last)`` of frees that follow an allocation and are followed by one, on one thread."""
    another = (np.diff(what) != 0) | (np.diff(process) != 0) | (np.diff(thread) != 0)
    first = np.concatenate(([0], np.flatnonzero(another) + 1))
    last = np.append(first[1:], len(what))
    inner = np.flatnonzero((what[first] == 2) & (first > 0) & (last < len(what)))
    first, last = first[inner], last[inner]
    same = what[first - 1] == 1
    for column in (process, thread):
        same &= (column[first - 1] == column[first]) & (column[last] == column[first])
    same &= what[last] == 1
    return list(zip(first[same].tolist(), last[same].tolist(), strict=True))


def _inside(trace: Trace, calls: Int64, ranges: Records) -> bool:
    """Whether any of some calls of one thread lies in one of these ranges of it."""
    own = ranges.of_thread((int(trace.calls.process[calls[0]]), int(trace.calls.thread[calls[0]])))
    start_ns, end_ns = trace.calls.start_ns[calls], trace.calls.end_ns[calls]
    return bool(((own.start_ns[:, None] <= start_ns) & (end_ns <= own.end_ns[:, None])).any())
