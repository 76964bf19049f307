"""Did another device keep this one waiting: through an event, or by blocking the host thread that launches to both?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ....intervals import Intervals
from ....model import MISSING
from ....rows_of_each import rows_of_each_tuple
from ...events import awaited_by
from ...evidence import Fact, call_name
from ...idle import IDLE_RULES
from ...once import once
from ...parted import processes_on, work_by_process
from .parts import Records, held, is_host_part, launching_thread
from .waits import waiting_calls

if TYPE_CHECKING:
    from ....model import Int64, Trace
    from ...stretches import Stretches
    from .parts import Thread

_BY_EVENT = next(rule for rule in IDLE_RULES if rule.cause == "other_device")


@once
def blocked_elsewhere(trace: Trace, position: int) -> Records:
    """When a thread of a process that works on a device was in a waiting call for what another device did."""
    work, found = trace.work, []
    for process in processes_on(trace, position):
        for owner, waits, rows in _awaited(trace).get(process, ()):
            others = rows[work.device[rows] != position]
            found.append(_blocked(waits, Intervals.of(work.start_ns[others], work.end_ns[others]), owner))
    return _in_order(found)


@once
def _awaited(trace: Trace) -> dict[int, list[tuple[Thread, Records, Int64]]]:
    """By process: each thread, waiting calls of it for one thing, and the rows of ``Trace.work`` that are that."""
    waits, found = waiting_calls(trace), defaultdict(list)
    device, stream = awaited_by(trace, waits.row)
    for asked, calls in rows_of_each_tuple(waits.process, waits.thread, device, stream).items():
        process, thread, *what = asked
        rows = _awaited_work(trace, (process, thread), *what)
        found[process].append(((process, thread), waits.select(calls), rows))
    return dict(found)


def _awaited_work(trace: Trace, owner: Thread, device: int, stream: int) -> Int64:
    """Rows of ``Trace.work`` that a thread waits for in calls for a device, or for a stream of it.

    Where that is not known, those that the thread itself launched: what other threads did it need not wait for.
    """
    rows = work_by_process(trace).get(owner[0], np.empty(0, np.int64))
    if device == MISSING:
        own = launching_thread(trace)[rows] == owner[1]
    else:
        own = trace.work.device[rows] == device
        own &= (stream == MISSING) | (trace.work.stream[rows] == stream)
    return np.asarray(rows[own])


def _blocked(waits: Records, busy: Intervals, owner: Thread) -> Records:
    """The parts of the waiting calls of one thread in which other devices were busy."""
    parts = Intervals.of(waits.start_ns, waits.end_ns) & busy
    last = np.searchsorted(waits.start_ns, parts.start_ns, side="right") - 1
    process, thread = (np.full(len(parts), number) for number in owner)
    return Records(parts.start_ns, parts.end_ns, process, thread, waits.row[last])


def _in_order(found: list[Records]) -> Records:
    columns = ("start_ns", "end_ns", "process", "thread", "row")
    nothing = np.empty(0, np.int64)
    whole = Records(*(np.concatenate([nothing, *(getattr(each, name) for each in found)]) for name in columns))
    return whole.select(np.argsort(whole.start_ns, kind="stable"))


def _find(stretches: Stretches) -> Int64:
    """A row of ``Trace.work`` that ended elsewhere, or behind all these a row of ``Trace.calls`` that waited."""
    call = held(stretches, blocked_elsewhere(stretches.trace, stretches.device))
    by_event = np.where(is_host_part(stretches), MISSING, _BY_EVENT.find(stretches))
    return np.where(call == MISSING, by_event, len(stretches.trace.work) + call)


def _fact(stretches: Stretches, i: int, row: int) -> Fact:
    trace, call = stretches.trace, row - len(stretches.trace.work)
    if call < 0:
        return _BY_EVENT.fact(stretches, i, row)
    ns = int(trace.calls.end_ns[call] - trace.calls.start_ns[call])
    return Fact(f"the host was blocked in {call_name(trace, call)} while another device was busy", ns)


OTHER_DEVICE = replace(
    _BY_EVENT,
    remedy="launch to all devices before the host waits for one, or balance them",
    find=_find,
    fact=_fact,
)
