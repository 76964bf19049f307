"""Why did launched work not begin at once? Its code was loaded, it was queued, or its stream waited on an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ....few_distinct import few_distinct
from ....model import ALL_COPIES, KERNELS, MISSING
from ...cuts import START_UP_NS
from ...events import events_of
from ...evidence import Fact, call_name, work_name
from ...explained import Rule
from ...host_waits import waited_for_event
from ...launches import launches
from ...once import once
from ...stretches import pick
from .launching import nothing_pending
from .parts import held
from .records import lazy_loads, loads

if TYPE_CHECKING:
    from ....model import Int64, Trace
    from ...stretches import Stretches
    from .parts import Mask

LONG_CALL_NS = 50_000
"""A launch call takes some microseconds. One that takes more with nothing pending loaded the kernel's code."""


def launched_before(stretches: Stretches) -> Mask:
    """Which stretches lie behind the start of the call that launched what ends them."""
    launch_ns = stretches.launch_ns(stretches.after)
    return np.asarray((launch_ns != MISSING) & (launch_ns <= stretches.start_ns))


@once
def first_of_kernel(trace: Trace) -> Mask:
    """Which rows of ``Trace.work`` are the first launch of a kernel in their process, as far as is recorded."""
    work, launched = trace.work, launches(trace)
    rows = np.flatnonzero((launched.call != MISSING) & work.does(KERNELS))
    rows = rows[np.argsort(launched.at_ns[rows], kind="stable")]
    names = work.name[rows].astype(np.int64) * (len(trace.processes) + 1) + work.process[rows]
    distinct, place = few_distinct(names)
    first = np.empty(len(distinct), np.int64)
    first[place[::-1]] = rows[::-1]  # the last to be written remains
    found = np.zeros(len(work), np.bool_)
    found[first] = True
    return found


def _loading(stretches: Stretches) -> Int64:
    """The call in which the host loaded code, as a row of ``Trace.calls``: in its own part, or in a first launch."""
    trace, after = stretches.trace, stretches.after
    called, lazily = held(stretches, loads(trace)), held(stretches, lazy_loads(trace))
    call = np.where(launched_before(stretches), pick(stretches.launched.call, after), MISSING)
    took = pick(trace.calls.end_ns, call) - pick(trace.calls.start_ns, call)
    inside = stretches.end_ns <= pick(trace.calls.end_ns, call) + START_UP_NS
    slow = np.flatnonzero((call != MISSING) & inside & (took > LONG_CALL_NS))
    if len(slow):
        slow = slow[first_of_kernel(trace)[after[slow]] & nothing_pending(trace)[after[slow]]]
    by_launch = np.full(len(stretches), MISSING)
    by_launch[slow] = call[slow]
    lazily = np.where(lazily == MISSING, MISSING, len(trace.calls) + lazily)
    return np.where(called != MISSING, called, np.where(by_launch != MISSING, by_launch, lazily))


def _loading_fact(stretches: Stretches, _i: int, row: int) -> Fact:
    trace, calls = stretches.trace, stretches.trace.calls
    if row >= len(calls):
        overhead = row - len(calls)
        ns = int(trace.overheads.end_ns[overhead] - trace.overheads.start_ns[overhead])
        return Fact("CUDA loaded code on its first use", ns)
    ns = int(calls.end_ns[row] - calls.start_ns[row])
    if loads(trace).select(loads(trace).row == row):
        return Fact(f"the host was in {call_name(trace, row)}", ns)
    return Fact(
        f"the first launch of this kernel was inside {call_name(trace, row)} for", ns, then="with an empty stream"
    )


START_UP = Rule(
    cause="start_up",
    title="loading code at its first use",
    remedy="run each shape once before the loop, or load all at the start (CUDA_MODULE_LOADING=EAGER)",
    find=_loading,
    fact=_loading_fact,
)


def _awaited_copy(stretches: Stretches) -> Int64:
    """The copy with whose end the stretch began, where the work that follows waited on an event recorded behind it."""
    trace, before, wait = stretches.trace, stretches.before, waited_for_event(stretches, "after")
    copies = np.isin(pick(trace.work.engine, before), [int(engine) for engine in ALL_COPIES])
    some = np.flatnonzero(copies & (wait != MISSING))
    found = np.full(len(stretches), MISSING)
    stream, recorded_ns = events_of(trace, wait[some])
    rows = before[some]
    launch_ns = stretches.launched.at_ns[rows]
    same = (stream == trace.work.stream[rows]) & (trace.calls.process[wait[some]] == trace.work.process[rows])
    found[some] = np.where(same & (launch_ns != MISSING) & (launch_ns <= recorded_ns), rows, MISSING)
    return found


WAITING_FOR_COPY = Rule(
    cause="waiting_for_copy",
    title="waiting on the event of a copy",
    remedy="copy earlier, or queue operations that do not need this copy",
    find=_awaited_copy,
    fact=lambda stretches, _i, row: Fact(
        f"its stream waited on an event recorded after {work_name(stretches.trace, row)}"
    ),
)
