"""When was a device recorded? Outside of that nothing is known of it: neither work nor idle time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..intervals import Intervals
from ..model import MISSING
from .once import once
from .parted import processes_on

if TYPE_CHECKING:
    from ..model import Int64, Trace
    from .scope import Scope


@once
def windows_of(trace: Trace, position: int) -> Intervals:
    """The windows of recording of the processes that worked on a device; empty where the trace states none."""
    windows = trace.windows
    if not len(windows):
        return Intervals()
    processes = processes_on(trace, position)
    own = np.isin(windows.process, [*processes, MISSING]) | (MISSING in processes)
    return Intervals.of(windows.start_ns[own], windows.end_ns[own])


@once
def recorded(scope: Scope, position: int) -> Intervals:
    """The time that the figures of a device speak of.

    In each window of recording that is from its first operation to the end of its last; where a window is asked for,
    all of that which was recorded. Raises ``ValueError`` for a device that did nothing, and no window asked for.
    """
    windows = windows_of(scope.trace, position)
    if scope.window is not None:
        asked = Intervals.from_pairs([(scope.window.start_ns, scope.window.end_ns)])
        return asked & windows if windows else asked
    work = scope.trace.work_of(position)
    if not len(work):
        raise ValueError("a device that did nothing has no span")
    if not windows:
        return Intervals.from_pairs([(int(work.start_ns.min()), int(work.end_ns.max()))])
    busy = Intervals.of(work.start_ns, work.end_ns) & windows
    # Busy intervals in the same window have the same number: the first and the last of each are its edges.
    which = np.searchsorted(windows.start_ns, busy.start_ns, side="right")
    first = np.flatnonzero(np.diff(which, prepend=-1))
    last = np.append(first[1:], len(which))[: len(first)] - 1
    return Intervals.of(busy.start_ns[first], busy.end_ns[last])


def in_one_window(rows_ns: Int64, at_ns: Int64, windows: Intervals) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether both instants of each pair lie in the same window of recording; always, where there are no windows."""
    if not windows:
        return np.ones(len(at_ns), dtype=np.bool_)
    if len(windows) == 1:
        (begin_ns,) = windows.start_ns
        return np.asarray((rows_ns >= begin_ns) == (at_ns >= begin_ns))
    which = [np.searchsorted(windows.start_ns, instants, side="right") for instants in (rows_ns, at_ns)]
    return np.asarray(which[0] == which[1])
