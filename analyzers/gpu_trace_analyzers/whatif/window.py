"""Which part of a recording is predicted: a range, or the steady steps, and the work that was launched in it.

Its time is from when the host begins it to the end of the last device work that it launched, or of the last call in
which it waited for that, whichever is later. Every time of what-if is measured so, in recordings before and after.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import TraceInconclusive, UsageError
from ..model import MISSING
from ..questions.host_waits import SYNCHRONIZING
from ..questions.launches import launches
from ..questions.scope import Scope, Window
from ..questions.steady.host import host_window
from ..questions.steady.window import steady
from ..questions.unmatched import calls_named
from ..units import count
from .answer import WhatIfWindow

if TYPE_CHECKING:
    from collections.abc import Hashable

    from ..model import Int64, Trace


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The device work of one process that was launched in a window, in the order of its launches."""

    trace: Trace
    window: WhatIfWindow
    process: int
    rows: Int64
    """in ``Trace.work``: (n,)"""
    issued_ns: Int64
    """when the host began to launch each: (n,)"""
    host: Window
    """the host's own time in it, which may end before the work does"""
    answers: dict[Hashable, Any] = field(default_factory=dict, repr=False)
    """of what was asked of it, see `questions.once`"""

    @property
    def begin_ns(self) -> int:
        """When the host begins the window, on the clock of the trace."""
        return self.window.start_ns

    @property
    def observed(self) -> Window:
        """When its device work ran, with what ran beside."""
        return Window(self.window.start_ns, self.window.end_ns)

    def ns(self, at_ns: Int64) -> Int64:
        """Times of the trace as ns since the window's begin."""
        return np.asarray(at_ns - self.window.start_ns)


def part(trace: Trace, range_name: str | None = None) -> Part:
    """The work launched in the range of that name, of several from the first to the last; else in the steady steps.

    Raises `UsageError` for a range that the trace does not have, and `TraceInconclusive` for one that launched nothing,
    or work of several processes.
    """
    name, hosts, steps = _named(trace, range_name) if range_name else _steady(trace)
    launched = launches(trace)
    chosen = np.zeros(len(trace.work), np.bool_)
    for process, host in hosts.items():
        own = launched.known & (trace.work.process == process) & (launched.call != MISSING)
        chosen |= own & (launched.at_ns >= host.start_ns) & (launched.at_ns < host.end_ns)
    rows = np.flatnonzero(chosen)
    processes = np.unique(trace.work.process[rows]).tolist()
    if len(processes) != 1:
        several = f"launched work of {len(processes)} processes; give the trace file of one of them"
        problem = several if processes else "launched no GPU work; what-if needs a window that did"
        raise TraceInconclusive(f"{trace.source.path}: {name} {problem}")
    rows = rows[np.lexsort((rows, launched.at_ns[rows]))]
    host = hosts[processes[0]]
    end_ns = max(int(trace.work.end_ns[rows].max()), _last_wait_ns(trace, processes[0], host))
    window = WhatIfWindow(name, host.start_ns, end_ns, len(rows), range_name, steps)
    return Part(trace, window, processes[0], rows, launched.at_ns[rows], host)


def _last_wait_ns(trace: Trace, process: int, host: Window) -> int:
    """When the last synchronizing call that the window made returned; its beginning if it made none."""
    calls = trace.calls
    own = calls_named(trace, SYNCHRONIZING) & (calls.process == process)
    own &= (calls.start_ns >= host.start_ns) & (calls.start_ns < host.end_ns)
    return int(calls.end_ns[own].max(initial=host.start_ns))


def _named(trace: Trace, name: str) -> tuple[str, dict[int, Window], None]:
    """For each process with such a range, from the begin of the first to the end of the last."""
    ranges = trace.ranges
    code = trace.strings.index(name) if name in trace.strings else MISSING
    rows = np.flatnonzero((ranges.name == code) & (ranges.end_ns > ranges.start_ns))
    if code == MISSING or not len(rows):
        raise UsageError(
            f"{trace.source.path}: no range is called {name!r}; gpu-trace summary --verbose lists the ranges"
        )
    hosts = {}
    for process in np.unique(ranges.process[rows]).tolist():
        own = rows[ranges.process[rows] == process]
        hosts[process] = Window(int(ranges.start_ns[own].min()), int(ranges.end_ns[own].max()))
    return name, hosts, None


def _calls(trace: Trace, process: int) -> Window:
    """From the first call of a process to the end of its last; an empty window for none."""
    own = trace.calls[trace.calls.process == process]
    return Window(int(own.start_ns[0]), int(own.end_ns.max()) + 1) if len(own) else Window(0, 0)


def _steady(trace: Trace) -> tuple[str, dict[int, Window], int | None]:
    """The steady steps and how many they are, or the whole recording where it has none."""
    scope = Scope(trace)
    host, found = host_window(scope), steady(scope)
    hosts = {process: host.of(process) or _calls(trace, process) for process in range(len(trace.processes))}
    if found.first_step is None or found.last_step is None:
        return "the whole recording", hosts, None
    steps = found.last_step - found.first_step + 1
    return f"steps {count(found.first_step)} to {count(found.last_step)}", hosts, steps
