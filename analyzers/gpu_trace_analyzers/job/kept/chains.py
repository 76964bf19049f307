"""What did a rank do between the collectives that it waited for, up to each collective that others wait for?

A collective of a rank can begin when three things have happened: the collective before it on its stream has ended; its
devices have computed what was launched before it; its host has launched it. Devices go on when a collective that they
wait for has ended; a host that waits for its devices goes on when they have ended. Between these a rank takes its own
time, whatever other ranks do. So what each collective came after, and how long the rank itself then took, says who is
late, and what would become of the job if a rank had taken less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...intervals import Intervals
from ...model import MISSING
from ...questions.account.idle.records import batches
from ...questions.host_waits import SYNCHRONIZING
from ...questions.launches import launches
from ...questions.overlap import COMPUTE
from ...questions.room import waited_for_room
from ...questions.stretches import pick
from ...questions.unmatched import calls_named
from ...rows_of_each import rows_of_each_tuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ...model import Int64, Trace

BLOCKED_NS = 20_000
"""A synchronizing call that takes longer waited for the device."""


@dataclass(frozen=True, slots=True, eq=False)
class _Restarts:
    """When the devices went on after a pause whose reason is a collective or the host; (n,) int64 each, in order."""

    at_ns: Int64
    row: Int64
    """of ``Trace.work``: what they went on with"""


@dataclass(frozen=True, slots=True, eq=False)
class _Host:
    """What the threads that launch did not do by themselves."""

    blocked: Intervals
    """in a call that waited for a device, or for room in its queue"""
    loading: Intervals
    """waiting for the next batch"""

    def woke_ns(self, at_ns: Int64) -> Int64:
        """When they last came out of such a call, by each instant; `MISSING` for never."""
        ends_ns = np.append(self.blocked.end_ns, [MISSING])  # the last is for those before all of them
        return ends_ns[np.searchsorted(ends_ns[:-1], at_ns, side="right") - 1]


def chains(trace: Trace, devices: Sequence[int], rows: Int64, from_ns: int) -> Mapping[str, Int64]:
    """The columns of `Collectives` from ``launched_ns`` on, on the clock of the trace.

    ``devices``: positions of the rank's own. ``rows``: its collectives, as rows of ``Trace.work`` in order of start and
    end; places are positions in it. ``from_ns``: since when the rank is looked at.
    """
    work, launched_ns = trace.work, launches(trace).at_ns
    computing = np.flatnonzero(work.does(COMPUTE))
    computing = computing[np.isin(work.device[computing], devices)]
    busy = Intervals.of(work.start_ns[computing], work.end_ns[computing])
    host = _host(trace, np.concatenate((computing, rows)))
    waited = _waited_for(trace, busy, rows)
    ready_ns, held_ns = _ready_ns(trace, computing, rows, from_ns)
    last = _last_restart(trace, _restarts(trace, computing, busy, rows[waited]), rows, ready_ns, held_ns)
    resumed_ns = pick(launched_ns, last.row)
    released_by = _last_ended(trace, rows, waited, ready_ns)
    released_ns = np.where(released_by == MISSING, from_ns, pick(work.end_ns, pick(rows, released_by)))
    return {
        "launched_ns": launched_ns[rows],
        **_since_the_last(launched_ns[rows], held_ns, busy, host),
        "behind": _behind(trace, rows),
        "released_by": released_by,
        "device_ns": busy.covered_ns(released_ns, ready_ns),
        "resumed_ns": resumed_ns,
        "tail_ns": busy.covered_ns(last.at_ns, ready_ns),
        "host_released_by": _last_ended(trace, rows, waited, host.woke_ns(resumed_ns)),
    }


def _since_the_last(launched_ns: Int64, held_ns: Int64, busy: Intervals, host: _Host) -> Mapping[str, Int64]:
    """What each collective was launched after, since the one launched before it; `MISSING` for the first."""
    columns = {name: np.full(len(launched_ns), MISSING) for name in ("compute_ns", "host_ns", "data_ns")}
    known = np.flatnonzero(launched_ns != MISSING)
    order = known[np.argsort(launched_ns[known], kind="stable")]
    one, next_one = order[:-1], order[1:]
    since_ns, until_ns = launched_ns[one], launched_ns[next_one]
    not_own = host.loading | host.blocked
    columns["compute_ns"][next_one] = busy.covered_ns(held_ns[one], held_ns[next_one])
    columns["host_ns"][next_one] = until_ns - since_ns - not_own.covered_ns(since_ns, until_ns)
    columns["data_ns"][next_one] = host.loading.covered_ns(since_ns, until_ns)
    return columns


def _behind(trace: Trace, rows: Int64) -> Int64:
    """The place of the collective before each on its stream; `MISSING` for the first."""
    found = np.full(len(rows), MISSING)
    for on_stream in rows_of_each_tuple(trace.work.device[rows], trace.work.stream[rows]).values():
        found[on_stream[1:]] = on_stream[:-1]
    return found


def _waited_for(trace: Trace, busy: Intervals, rows: Int64) -> Int64:
    """The places of collectives in whose last moment nothing computed, in order of their ends."""
    places = np.flatnonzero(~busy.covers(trace.work.end_ns[rows] - 1))
    return places[np.argsort(trace.work.end_ns[rows[places]], kind="stable")]


def _last_ended(trace: Trace, rows: Int64, waited: Int64, at_ns: Int64) -> Int64:
    """Of the places ``waited`` the one that ended last by each instant; `MISSING` for none."""
    last = np.searchsorted(trace.work.end_ns[rows[waited]], at_ns, side="right") - 1
    return np.where(last >= 0, waited[np.maximum(last, 0)], MISSING) if len(waited) else np.full(len(at_ns), MISSING)


def _ready_ns(trace: Trace, computing: Int64, rows: Int64, from_ns: int) -> tuple[Int64, Int64]:
    """When each collective could begin if its stream were free, and when all that computes before it had ended.

    A collective waits for what its process launched before it: so does NCCL in PyTorch. Where its launch is not known,
    both are its begin.
    """
    work, at_ns = trace.work, launches(trace).at_ns
    ordered = computing[np.argsort(at_ns[computing], kind="stable")]
    ended_ns = np.append(np.maximum.accumulate(work.end_ns[ordered]), from_ns)
    held_ns = ended_ns[np.searchsorted(at_ns[ordered], at_ns[rows]) - 1]  # the last is for those behind none
    known = at_ns[rows] != MISSING
    held_ns = np.where(known, np.minimum(work.start_ns[rows], held_ns), work.start_ns[rows])
    return np.minimum(work.start_ns[rows], np.maximum(at_ns[rows], held_ns)), held_ns


def _restarts(trace: Trace, computing: Int64, busy: Intervals, waited: Int64) -> _Restarts:
    """When computing began again after its host had launched late, or after a collective of rows ``waited``."""
    work = trace.work
    first = computing[np.searchsorted(work.start_ns[computing], busy.start_ns)]
    dry_ns = np.append([np.iinfo(np.int64).min], busy.end_ns[:-1])
    ended_ns = np.append(work.end_ns[waited], [np.iinfo(np.int64).min])
    ended_ns = ended_ns[np.searchsorted(ended_ns[:-1], busy.start_ns, side="right") - 1]
    launch_ns = pick(launches(trace).at_ns, first)
    late = launch_ns > np.maximum(dry_ns, ended_ns)
    chosen = late | (ended_ns > dry_ns)
    return _Restarts(busy.start_ns[chosen], first[chosen])


def _last_restart(trace: Trace, restarts: _Restarts, rows: Int64, ready_ns: Int64, held_ns: Int64) -> _Restarts:
    """The last before each collective could begin: of the devices, or its own if it was launched after all else."""
    place = np.searchsorted(restarts.at_ns, ready_ns, side="right") - 1
    alone = (pick(launches(trace).at_ns, rows) >= held_ns) | (place < 0)
    at_ns, row = (np.append(column, [MISSING]) for column in (restarts.at_ns, restarts.row))
    return _Restarts(np.where(alone, ready_ns, at_ns[place]), np.where(alone, rows, row[place]))


def _host(trace: Trace, rows: Int64) -> _Host:
    """That of a rank whose host launched these rows.

    Threads that launch, such as the main one and autograd's, take turns, so they are one.
    """
    of = _threads(trace, pick(trace.work.process, rows), launches(trace).thread[rows])
    calls, loads = trace.calls, batches(trace)
    long = calls_named(trace, SYNCHRONIZING) & (calls.end_ns - calls.start_ns >= BLOCKED_NS)
    blocking = np.flatnonzero(long | waited_for_room(trace))
    blocking = blocking[np.isin(_threads(trace, calls.process[blocking], calls.thread[blocking]), of)]
    loading = np.flatnonzero(np.isin(_threads(trace, loads.process, loads.thread), of))
    return _Host(
        blocked=Intervals.of(calls.start_ns[blocking], calls.end_ns[blocking]),
        loading=Intervals.of(loads.start_ns[loading], loads.end_ns[loading]),
    )


def _threads(trace: Trace, process: NDArray[Any], thread: Int64) -> Int64:
    """A number for each (process, thread): (n,) int64."""
    return np.asarray(thread * max(len(trace.processes), 1) + process)
