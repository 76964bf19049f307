"""Is the host so busy with one launch after the other that the device runs dry?

Launches say so by themselves: in runs that the host limits 24 to 81 % of them find nothing pending on the device, in
others 0 to 2 %. (On their own stream is not enough: side streams are mostly empty while another one computes.) And in
the gap the host must have launched as it always does, or it did something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ....model import MISSING
from ....rows_of_each import rows_of_each
from ....units import share
from ...evidence import Fact
from ...explained import Rule
from ...launches import launches
from ...once import once
from ...parted import rows_on
from ...room import waited_for_room
from ...streams import streams
from .parts import launch_calls, launch_times, launching_threads
from .waits import waiting_calls

if TYPE_CHECKING:
    from ....model import Int64, Trace
    from ...scope import Window
    from ...stretches import Stretches
    from .parts import Mask, Thread

LEAST_SHARE = 0.1
"""of the launches found nothing pending: far above the 2 % of runs that are not limited so, below their 24 %"""
FEWEST = 10
"""Launches from which shares and medians say something: of fewer, a tenth is not even one."""
AS_ALWAYS = 10
"""times the median between two launches: more is not launching"""
A_LAUNCH_NS = 1_000_000
"""An operator with its Python and autograd takes the host some 10 to 100 us per launch. Far more is not launching,
even where the median says that it is always so."""


@dataclass(frozen=True, slots=True, eq=False)
class Launching:
    """The calls that launched into one queue, in order: (n,) positions in ``Trace.calls``."""

    call: Int64
    found_ended: Mask
    """which of them found all ended that had been launched into it before"""

    @classmethod
    def of(cls, trace: Trace, rows: Int64) -> Launching:
        """Those that launched some rows of ``Trace.work``, of which those without a call are left out."""
        call = launches(trace).call[rows]
        rows, call = rows[call != MISSING], call[call != MISSING]
        order = np.argsort(call, kind="stable")  # calls are in order of their starts
        first = np.flatnonzero(np.diff(call[order], prepend=MISSING))
        ended_ns = np.maximum.accumulate(trace.work.end_ns[rows[order]])
        before_ns = np.append(np.iinfo(np.int64).min, ended_ns)[first]
        call = call[order[first]]
        return cls(call, trace.calls.start_ns[call] >= before_ns)

    def found_ended_by(self, call: Int64) -> Mask:
        """Whether each of some of these calls, in any order, did."""
        return np.asarray(self.found_ended[np.searchsorted(self.call, call)])


@once
def nothing_pending(trace: Trace) -> Mask:
    """Which rows of ``Trace.work`` found all earlier operations of their stream ended when the host launched them."""
    work, call = trace.work, launches(trace).call
    stream = streams(trace, work) * len(trace.devices) + work.device
    rows, found = np.flatnonzero(call != MISSING), np.zeros(len(work), np.bool_)
    for own in rows_of_each(stream[rows]).values():
        found[rows[own]] = Launching.of(trace, rows[own]).found_ended_by(call[rows[own]])
    return found


@once
def launching_to(trace: Trace, position: int) -> Launching:
    """The calls that launched work of one device, on all of its streams."""
    return Launching.of(trace, rows_on(trace, position))


@dataclass(frozen=True, slots=True, eq=False)
class Pace:
    """How a device is launched to in a window."""

    launches: int
    """calls that launched work of it"""
    empty: int
    """those of them that found nothing pending on any stream of the device"""

    @property
    def is_bound(self) -> bool:
        """Whether enough of them did."""
        return self.launches >= FEWEST and self.empty >= LEAST_SHARE * self.launches


@once
def pace(trace: Trace, position: int, window: Window) -> Pace:
    """That of one device."""
    launching = launching_to(trace, position)
    at_ns = trace.calls.start_ns[launching.call]
    inside = (at_ns >= window.start_ns) & (at_ns < window.end_ns)
    return Pace(int(inside.sum()), int(launching.found_ended[inside].sum()))


@dataclass(frozen=True, slots=True, eq=False)
class Rhythm:
    """When a thread launched, in order, and the median from one launch to the next where the host did not wait."""

    at_ns: Int64
    median_ns: float
    """0 where there are too few: then nothing is as always"""


@once
def rhythm(trace: Trace, owner: Thread, window: Window) -> Rhythm:
    """That of one thread; the median is of the launches in the window, without those that waited for room."""
    at_ns = launch_times(trace, owner)
    waits = waiting_calls(trace).of_thread(owner).start_ns
    between = np.diff(np.searchsorted(waits, at_ns))
    counts = (between == 0) & (at_ns[:-1] >= window.start_ns) & (at_ns[1:] <= window.end_ns)
    counts &= ~waited_for_room(trace)[launch_calls(trace, owner)[:-1]]
    times = np.diff(at_ns)[counts]
    return Rhythm(at_ns, float(np.median(times)) if len(times) >= FEWEST else 0.0)


def instants(stretches: Stretches) -> list[Int64]:
    """When the launching threads launched: in a host's part only work of other devices."""
    return [launch_times(stretches.trace, owner) for owner, _ in launching_threads(stretches)]


def between_launches(stretches: Stretches, window: Window) -> Int64:
    """How long the launching thread took from the launch before each stretch to the next, where it was as always.

    `MISSING` elsewhere. Stretches are cut where the thread launches.
    """
    found = np.full(len(stretches), MISSING)
    for owner, which in launching_threads(stretches):
        own = rhythm(stretches.trace, owner, window)
        last = np.searchsorted(own.at_ns, stretches.start_ns[which], side="right") - 1
        took = np.diff(own.at_ns, append=0)[np.maximum(last, 0)]
        as_always = (last >= 0) & (took < min(AS_ALWAYS * own.median_ns, A_LAUNCH_NS))
        found[which] = np.where(as_always, took, MISSING)
    return found


def launch_bound(window: Window) -> Rule:
    """The rule for a window of time."""

    def find(stretches: Stretches) -> Int64:
        if not len(stretches) or not pace(stretches.trace, stretches.device, window).is_bound:
            return np.full(len(stretches), MISSING)
        return between_launches(stretches, window)

    def fact(stretches: Stretches, _i: int, took: int) -> Fact:
        own = pace(stretches.trace, stretches.device, window)
        empty = share(own.empty, own.launches)
        return Fact(
            f"{empty} of {own.launches:,} launches found the device idle; the one before came", took, then="earlier"
        )

    return Rule(
        cause="launch_bound",
        title="host launching slower than the device computes",
        remedy="CUDA graphs, torch.compile, or fewer, larger operations",
        find=find,
        fact=fact,
    )
