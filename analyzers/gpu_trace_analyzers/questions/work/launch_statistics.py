"""How fast does the host launch, and how far is it ahead of the device?

Kernels and graphs are launched. A copy is not: its call may last as long as the copy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...intervals import Intervals
from ...model import KERNELS, MISSING
from ..account.idle.launching import launching_to
from ..launches import launches
from ..once import once
from ..overlap import active_devices
from ..recorded import windows_of
from ..room import waited_for_room

if TYPE_CHECKING:
    from ...model import Int64
    from ..scope import Scope
    from ..steady.host import HostWindow

_DECILES = 10


@dataclass(frozen=True, slots=True)
class LaunchStatistics:
    """The launches of kernels and graphs on one device by calls that the host's window has."""

    device: int
    """position in ``Trace.devices``"""
    rank: int
    launches: int
    """calls; a graph is launched by one, whatever is in it"""
    host_ns: int
    """the recorded part of the window; of a whole recording, from the first of these calls to the end of the last"""
    waited_for_room: int
    """launches that waited for room in the launch queue; they are in none of the three figures that follow"""
    call_ns: int
    """length of the other calls, added up"""
    median_call_ns: int | None
    max_call_ns: int | None
    found_idle: int
    """launches that found all earlier operations of the device ended"""
    ahead_ns: tuple[int, ...]
    """from the begin of each call to the start of what it launched: the least, the nine deciles, the most;
    without what a trace has at an earlier time than its call, and empty where that is all"""

    @property
    def per_second(self) -> float | None:
        """Launches in a second of the window; None where it has no length."""
        return self.launches * 1e9 / self.host_ns if self.host_ns else None

    @property
    def timed(self) -> int:
        """Launches that did not wait for room."""
        return self.launches - self.waited_for_room

    @property
    def mean_call_ns(self) -> int | None:
        """Time of the host in a launch that did not wait for room, rounded down; None where all of them did."""
        return self.call_ns // self.timed if self.timed else None


@once
def launch_statistics(scope: Scope, host: HostWindow) -> tuple[LaunchStatistics, ...]:
    """A row per device with launches, in order."""
    found = (_on_device(scope, host, position) for position in active_devices(scope.trace))
    return tuple(row for row in found if row)


def _on_device(scope: Scope, host: HostWindow, position: int) -> LaunchStatistics | None:
    trace, launched = scope.trace, launches(scope.trace)
    work, calls = trace.work, trace.calls
    kernel = work.does(KERNELS) | (work.graph != MISSING)
    rows = np.flatnonzero((work.device == position) & (launched.call != MISSING) & kernel)
    rows = rows[host.has(launched.at_ns[rows], calls.end_ns[launched.call[rows]], work.process[rows])]
    if not len(rows):
        return None
    call, first = np.unique(launched.call[rows], return_index=True)  # rows are in order of their start
    timed = call[~waited_for_room(trace)[call]]
    took = np.sort(calls.end_ns[timed] - calls.start_ns[timed])
    ahead_ns = np.sort(work.start_ns[rows[first]] - calls.start_ns[call])
    ahead_ns = ahead_ns[ahead_ns >= 0]
    return LaunchStatistics(
        device=position,
        rank=trace.devices[position].rank,
        launches=len(call),
        host_ns=_host_ns(scope, host, position, call),
        waited_for_room=len(call) - len(timed),
        call_ns=int(took.sum()),
        median_call_ns=int(took[(len(took) - 1) // 2]) if len(took) else None,
        max_call_ns=int(took[-1]) if len(took) else None,
        found_idle=int(launching_to(trace, position).found_ended_by(call).sum()),
        ahead_ns=_deciles(ahead_ns) if len(ahead_ns) else (),
    )


def _deciles(ordered: Int64) -> tuple[int, ...]:
    """With the least and the most."""
    return tuple(int(ordered[(len(ordered) - 1) * i // _DECILES]) for i in range(_DECILES + 1))


def _host_ns(scope: Scope, host: HostWindow, position: int, call: Int64) -> int:
    """How long the host could launch in the window, where that was recorded."""
    calls, recorded = scope.trace.calls, windows_of(scope.trace, position)
    windows = [host.of(process) for process in np.unique(calls.process[call]).tolist()]
    spans = Intervals.from_pairs([(window.start_ns, window.end_ns) for window in windows if window])
    if any(window is None for window in windows):
        spans = Intervals.from_pairs([(int(calls.start_ns[call].min()), int(calls.end_ns[call].max()))])
    return (spans & recorded if recorded else spans).total_ns
