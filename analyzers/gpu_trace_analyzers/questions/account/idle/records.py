"""What did the launching thread do in the host's part of a gap, where a record of its own says so?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ....model import MISSING
from ....vocabulary import own_ranges
from ....vocabulary.cupti import QUEUE_FULL
from ...evidence import Fact, call_name
from ...explained import Rule
from ...host_waits import ALLOCATING
from ...once import once
from ...unmatched import calls_named
from .parts import Records, held, with_caller

if TYPE_CHECKING:
    from collections.abc import Callable

    from ....model import Int64, Overheads, Table, Trace
    from ...stretches import Stretches
    from .parts import Mask

NEXT = re.compile(r"(^|[.:#])__next__$|^IteratorGetNext\b")
"""Ranges in which a script waits for its next batch: of PyTorch's ``DataLoader``, and of ``tf.data``."""
MAPPING = re.compile(r"^cuMem(Create|Map|Unmap|Release|SetAccess)")
"""Calls that allocate memory in an address space reserved before (PyTorch's expandable segments, NCCL)."""
LOADING_CALL = re.compile(r"^cu(Module|Library)Load")
LOADING = re.compile(r"^(Lazy Function|Runtime Triggered Module) Loading$")
"""CUPTI's names for the time that CUDA takes to load code for the first launch of it: the profiler takes none of it."""
_ROOM = re.compile(f"^{re.escape(QUEUE_FULL)}$")
"""The time in which a launch waited for room in the launch queue does not cause idle time."""


@once
def batches(trace: Trace) -> Records:
    """The ranges in which some thread waited for its next batch."""
    return ranges_named(trace, NEXT, trace.ranges.thread != MISSING)


@once
def collections(trace: Trace) -> Records:
    """The collections of garbage that a process recorded of itself; they hold all of its threads."""
    named = ranges_named(trace, re.compile(f"^{re.escape(own_ranges.GARBAGE_COLLECTION)}$"), _in_own_domain(trace))
    return Records(named.start_ns, named.end_ns, named.process, np.full(len(named), MISSING), named.row)


@once
def allocations(trace: Trace) -> Records:
    """The calls that allocate or free memory, of the device or pinned."""
    return records(trace, trace.calls, calls_named(trace, ALLOCATING) | calls_named(trace, MAPPING), trace.calls.thread)


@once
def loads(trace: Trace) -> Records:
    """The calls in which CUDA loaded code, or the part of them in which it did so."""
    return records(trace, trace.calls, calls_named(trace, LOADING_CALL), trace.calls.thread)


@once
def lazy_loads(trace: Trace) -> Records:
    """The times in which CUDA loaded code inside another call, of the thread that made that call."""
    return overheads_of(trace, LOADING, _calling_threads(trace, trace.overheads))


@once
def profiling(trace: Trace) -> Records:
    """The times that the profiler took; they hold all threads of a process."""
    of_any_thread = np.full(len(trace.overheads), MISSING)
    found = overheads_of(trace, None, of_any_thread)
    others = overheads_of(trace, LOADING, of_any_thread), overheads_of(trace, _ROOM, of_any_thread)
    return found.select(~np.isin(found.row, np.concatenate([other.row for other in others])))


def records(trace: Trace, table: Table, which: Mask, thread: Int64) -> Records:
    """Those rows of a table; ``thread`` has the thread of every row of it."""
    rows = np.flatnonzero(which)
    start_ns, end_ns, process = (
        getattr(table, name)[rows].astype(np.int64) for name in ("start_ns", "end_ns", "process")
    )
    return Records(start_ns, end_ns, process, with_caller(trace, process, thread[rows]), rows)


def ranges_named(trace: Trace, name: re.Pattern[str], among: Mask) -> Records:
    """The ranges of such a name."""
    return records(trace, trace.ranges, trace.says(trace.ranges.name, name) & among, trace.ranges.thread)


def overheads_of(trace: Trace, name: re.Pattern[str] | None, thread: Int64) -> Records:
    """The overheads of such a name (default: any), with the thread of each."""
    which = np.ones(len(trace.overheads), np.bool_) if name is None else trace.says(trace.overheads.name, name)
    return records(trace, trace.overheads, which, thread)


def _in_own_domain(trace: Trace) -> Mask:
    return trace.says(trace.ranges.domain, re.compile(f"^{re.escape(own_ranges.DOMAIN)}$"))


def _calling_threads(trace: Trace, overheads: Overheads) -> Int64:
    """The thread of the last call of its process to begin before each overhead, if that holds it; a number of none."""
    calls, thread = trace.calls, np.full(len(overheads), _NO_THREAD)
    for process in np.unique(overheads.process).tolist():
        mine, own = np.flatnonzero(overheads.process == process), np.flatnonzero(calls.process == process)
        if len(own):
            last = np.searchsorted(calls.start_ns[own], overheads.start_ns[mine], side="right") - 1
            call = own[np.maximum(last, 0)]
            inside = (last >= 0) & (overheads.end_ns[mine] <= calls.end_ns[call])
            thread[mine] = np.where(inside, calls.thread[call], _NO_THREAD)
    return thread


_NO_THREAD = -2
"""of no thread that launches; `MISSING` would be of all of them"""


def _allocating_fact(stretches: Stretches, _i: int, call: int) -> Fact:
    return _call_fact(stretches.trace, call)


def _call_fact(trace: Trace, call: int) -> Fact:
    ns = int(trace.calls.end_ns[call] - trace.calls.start_ns[call])
    return Fact(f"the host was in {call_name(trace, call)}", ns)


def _garbage_fact(stretches: Stretches, _i: int, row: int) -> Fact:
    ranges = stretches.trace.ranges
    return Fact("Python collected garbage", int(ranges.end_ns[row] - ranges.start_ns[row]))


def _profiler_fact(stretches: Stretches, _i: int, row: int) -> Fact:
    overheads = stretches.trace.overheads
    name, ns = stretches.trace.text(int(overheads.name[row])), int(overheads.end_ns[row] - overheads.start_ns[row])
    return Fact(f"the profiler was busy on the host ({name})", ns)


def _held_by(find: Callable[[Trace], Records]) -> Callable[[Stretches], Int64]:
    return lambda stretches: held(stretches, find(stretches.trace))


GARBAGE_COLLECTION = Rule(
    cause="garbage_collection",
    title="Python garbage collection",
    remedy="call gc.freeze() after set-up, or collect by hand in the same step on all ranks",
    find=_held_by(collections),
    fact=_garbage_fact,
)

ALLOCATING_MEMORY = Rule(
    cause="allocating",
    title="host in an allocation or free",
    remedy="allocate and pin once, before the loop; no empty_cache() between steps; expandable segments",
    find=_held_by(allocations),
    fact=_allocating_fact,
)

PROFILER = Rule(
    cause="profiler",
    title="profiler overhead",
    remedy="record less (fewer steps; no operators, shapes or stacks)",
    find=_held_by(profiling),
    fact=_profiler_fact,
)
