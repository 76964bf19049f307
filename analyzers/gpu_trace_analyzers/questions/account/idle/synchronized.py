"""Did the host wait for the device, and come too late because of it?

A waiting call gives its thread a credit: the time in it during which the device was busy, its *lead*. Had the host not
waited, it would have been ahead by so much. The host's parts that follow use the credit up, until the next waiting call
sets it anew. One that returned at once sets it to nothing if there was a launch since the last: the host was behind
anyway. With no launch in between it belongs to the wait before it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ....model import MISSING
from ...evidence import Fact, call_name
from ...explained import Rule
from ...once import once
from .parts import launch_times, launching_threads
from .waits import lead_ns, read_backs, waiting_calls

if TYPE_CHECKING:
    from ....model import Int64, Trace
    from ...scope import Window
    from ...stretches import Stretches
    from .parts import Thread

LEAST_LEAD_NS = 10_000
"""A call in which the device was busy for less returned at once: such calls take some microseconds themselves."""

QUEUE = 1_000
"""Launches that the launch queue holds: a host that does not wait is ahead by no more."""


@dataclass(frozen=True, slots=True, eq=False)
class Credit:
    """The calls of one thread that set its credit, in order. All columns are (n,) int64."""

    start_ns: Int64
    ns: Int64
    call: Int64
    """position in ``Trace.calls``"""


@once
def credits_of(trace: Trace, position: int, owner: Thread) -> Credit:
    """Those of a thread that waits for one device."""
    waits = waiting_calls(trace).of_thread(owner)
    lead = lead_ns(trace, position, waits)
    before = np.searchsorted(launch_times(trace, owner), waits.start_ns, side="right")
    launched_since = np.concatenate(([True], before[1:] > before[:-1]))[: len(waits)]
    sets = (lead >= LEAST_LEAD_NS) | launched_since
    return Credit(waits.start_ns[sets], np.where(lead >= LEAST_LEAD_NS, lead, 0)[sets], waits.row[sets])


def _since(credit: Credit, since_ns: int) -> Credit:
    """Those that are set in a window: how much of an earlier one was used up before it is not known."""
    inside = credit.start_ns >= since_ns
    return Credit(credit.start_ns[inside], credit.ns[inside], credit.call[inside])


def instants(stretches: Stretches, since_ns: int) -> list[Int64]:
    """Where a credit is set or used up in a host's part, in a window from ``since_ns`` on."""
    found = []
    for owner, which in launching_threads(stretches):
        credit = _since(credits_of(stretches.trace, stretches.device, owner), since_ns)
        if len(credit.call):
            found += [credit.start_ns, _used_up(credit, stretches.start_ns[which], stretches.end_ns[which])]
    return found


def _used_up(credit: Credit, start_ns: Int64, end_ns: Int64) -> Int64:
    """When the host's parts ``[start_ns[i], end_ns[i])``, in order, have used up each credit; only where they do."""
    until = np.append(0, np.cumsum(end_ns - start_ns))
    begins = _idle_before(start_ns, end_ns, until, credit.start_ns)
    spent = begins + credit.ns  # of the host's time in gaps: when so much of it has passed
    ends = np.append(begins[1:], until[-1])
    place = np.searchsorted(until, spent, side="left") - 1
    inside = (credit.ns > 0) & (spent < ends)
    return np.asarray(start_ns[place[inside]] + spent[inside] - until[place[inside]])


def _idle_before(start_ns: Int64, end_ns: Int64, until: Int64, at_ns: Int64) -> Int64:
    """How much of the host's parts lies before each instant."""
    last = np.searchsorted(start_ns, at_ns, side="right") - 1
    some = np.minimum(at_ns, end_ns[np.maximum(last, 0)]) - start_ns[np.maximum(last, 0)]
    return np.where(last >= 0, until[np.maximum(last, 0)] + some, 0)


def _find(stretches: Stretches, since_ns: int) -> Int64:
    """The call whose credit a stretch is a part of; stretches are cut where one is set or used up."""
    found = np.full(len(stretches), MISSING)
    for owner, which in launching_threads(stretches):
        credit = _since(credits_of(stretches.trace, stretches.device, owner), since_ns)
        if not len(credit.call):
            continue
        start_ns, end_ns = stretches.start_ns[which], stretches.end_ns[which]
        until = np.append(0, np.cumsum(end_ns - start_ns))
        last = np.searchsorted(credit.start_ns, start_ns, side="right") - 1
        place = np.maximum(last, 0)
        used = until[1:] - _idle_before(start_ns, end_ns, until, credit.start_ns)[place]
        ahead = _launches_between(stretches, owner, credit.start_ns[place], stretches.launch_ns(stretches.after[which]))
        found[which] = np.where(
            (last >= 0) & (used <= credit.ns[place]) & (ahead <= QUEUE), credit.call[place], MISSING
        )
    return found


def _launches_between(stretches: Stretches, owner: Thread, since_ns: Int64, until_ns: Int64) -> Int64:
    at_ns = launch_times(stretches.trace, owner)
    return np.searchsorted(at_ns, until_ns) - np.searchsorted(at_ns, since_ns)


def _fact(stretches: Stretches, _i: int, call: int) -> Fact:
    trace, waits = stretches.trace, waiting_calls(stretches.trace)
    lead = int(lead_ns(trace, stretches.device, waits.select(waits.row == call))[0])
    name, device = call_name(trace, call), trace.devices[stretches.device].kind.upper()
    why = _read_back(stretches, call)
    return Fact(f"{why}the host was blocked in {name} while the {device} was busy", lead)


def _read_back(stretches: Stretches, call: int) -> str:
    """Whether a call waited for a value, one of how many from the first gap to the last."""
    trace, among = stretches.trace, read_backs(stretches.trace)
    if not among[call]:
        return ""
    at_ns = trace.calls.start_ns[among & (trace.calls.process == trace.calls.process[call])]
    since_ns = min(int(stretches.start_ns[0]), int(trace.calls.start_ns[call]))
    number = int(((at_ns >= since_ns) & (at_ns < stretches.end_ns[-1])).sum())
    return f"to read back one of {number:,} values, " if number > 1 else "to read a value back, "


SYNCHRONIZED = Rule(
    cause="synchronized",
    title="host late after a synchronizing call",
    remedy="launch the next kernels before the wait, or wait one step late; keep values on the device",
    find=lambda stretches: _find(stretches, 0),
    fact=_fact,
)


def synchronized(window: Window) -> Rule:
    """The rule in a window, in which earlier waits give no credit."""
    return replace(SYNCHRONIZED, find=lambda stretches: _find(stretches, window.start_ns))
