"""How much memory was allocated at most, when, by which operator, and in which ranges?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..domains import is_library
from ..model import MISSING
from ..vocabulary.counters import ALLOCATED, RESERVED
from .issued import backward_callers
from .once import once

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ..model import Counters, Trace
    from .scope import Scope

_ALLOCATES_ALONE = re.compile(r"aten::(new_)?empty\w*$")
"""Operators that other operators call for their results: those name the peak."""
HOST = "host memory"


@dataclass(frozen=True, slots=True)
class MemoryFigures:
    """The memory of one process on one GPU, or on its host, when most of it was allocated."""

    device: int
    """position in ``Trace.devices``; `MISSING` for the memory of the host"""
    process: int
    """position in ``Trace.processes``"""
    label: str
    """of the device, or `HOST`, with its process where there are several"""
    pid: int
    rank: int
    allocated_bytes: int
    """the most that was allocated at once; on the host, of what was allocated while it was recorded"""
    peak_ns: int
    """when that much was allocated for the first time; the start of the window for what was allocated before it"""
    reserved_bytes: int | None
    """what the allocator held then, given out or not; None where it was not recorded"""
    most_reserved_bytes: int | None
    """the most that it ever held"""
    device_bytes: int | None
    """the memory of the device; None where the trace does not say"""
    operator: str
    """the innermost operator that ran on the allocating thread then; empty where none is known, as
    of what was allocated before the window"""
    ranges: tuple[str, ...]
    """the ranges of that thread in which it lies, the innermost first; of autograd, then those of the thread
    that called backward"""

    @property
    def unused_bytes(self) -> int | None:
        """What the allocator held then, and had not given out: fragments, and blocks kept for later.

        None where a trace says that it held less than was allocated.
        """
        held = self.reserved_bytes
        return None if held is None or held < self.allocated_bytes else held - self.allocated_bytes

    @property
    def share(self) -> float | None:
        """The part of the device's memory that was allocated."""
        return self.allocated_bytes / self.device_bytes if self.device_bytes else None


@once
def memory_figures(scope: Scope) -> tuple[MemoryFigures, ...]:
    """The peaks of memory in the window that was asked for, of each GPU and process, then of each host's.

    Empty where no memory was recorded.
    """
    counters = scope.trace.counters
    if scope.window is not None and len(counters):
        counters = counters[scope.window.meets(counters.start_ns, counters.end_ns)]
    return tuple(_figures(scope, *each) for each in _each_allocated(scope.trace, counters))


def _each_allocated(trace: Trace, counters: Counters) -> Iterator[tuple[Counters, Counters]]:
    """For each device and process what was allocated, and what was reserved."""
    codes = {trace.text(code): code for code in np.unique(counters.name).tolist()}
    allocated = counters[counters.name == codes.get(ALLOCATED, MISSING - 1)]
    reserved = counters[counters.name == codes.get(RESERVED, MISSING - 1)]
    owners = set(zip(allocated.device.tolist(), allocated.process.tolist(), strict=True))
    for owner in sorted(owners, key=lambda owner: (owner[0] == MISSING, *owner)):
        one, two = (rows[(rows.device == owner[0]) & (rows.process == owner[1])] for rows in (allocated, reserved))
        yield one, two


def _figures(scope: Scope, allocated: Counters, reserved: Counters) -> MemoryFigures:
    trace = scope.trace
    peak = int(np.argmax(allocated.value))
    device, process = int(allocated.device[peak]), int(allocated.process[peak])
    at_ns, thread = int(allocated.start_ns[peak]), int(allocated.thread[peak])
    if scope.window is not None and at_ns < scope.window.start_ns:  # allocated earlier, it still stands
        at_ns, thread = scope.window.start_ns, MISSING
    owner = trace.processes[process] if process != MISSING else None
    total = trace.devices[device].memory if device != MISSING else MISSING
    return MemoryFigures(
        device=device,
        process=process,
        label=trace.devices[device].label if device != MISSING else _host(trace, process),
        pid=owner.pid if owner else MISSING,
        rank=owner.rank if owner else MISSING,
        allocated_bytes=int(allocated.value[peak]),
        peak_ns=at_ns,
        reserved_bytes=_standing(reserved, at_ns),
        most_reserved_bytes=int(reserved.value.max()) if len(reserved) else None,
        device_bytes=total if total != MISSING else None,
        operator=_operator(trace, process, thread, at_ns),
        ranges=_ranges(trace, process, thread, at_ns),
    )


def _host(trace: Trace, process: int) -> str:
    return HOST if len(trace.processes) < 2 else f"{HOST} of process {trace.processes[process].pid}"


def _standing(counter: Counters, at_ns: int) -> int | None:
    """Its value at an instant; None before its first, and where none stands."""
    begun = np.flatnonzero((counter.start_ns <= at_ns) & ((counter.end_ns > at_ns) | (counter.start_ns == at_ns)))
    if not len(begun):
        return None
    last = begun[np.lexsort((counter.end_ns[begun], counter.start_ns[begun]))[-1]]
    return int(counter.value[last])


def _operator(trace: Trace, process: int, thread: int, at_ns: int) -> str:
    """By the operators; on a CPU whose operators are its work, by that."""
    names = _around(trace, trace.operators, trace.operators.thread, process, thread, at_ns)
    of_cpus = np.array([device.kind == "cpu" for device in trace.devices], dtype=np.bool_)
    if not len(trace.operators) and of_cpus.any():
        work = trace.work[of_cpus[trace.work.device]]
        names = _around(trace, work, work.stream, process, thread, at_ns)
    return next((name for name in names if not _ALLOCATES_ALONE.match(name)), "")


def _ranges(trace: Trace, process: int, thread: int, at_ns: int) -> tuple[str, ...]:
    domains = np.unique(trace.ranges.domain)
    own = domains[[not is_library(trace.text(code)) for code in domains.tolist()]]
    ranges = trace.ranges[np.isin(trace.ranges.domain, own)]
    threads = [thread, *(c for at, autograd, c in backward_callers(trace) if at == process and thread in autograd)]
    return tuple(name for each in threads for name in _around(trace, ranges, ranges.thread, process, each, at_ns))


def _around(
    trace: Trace, rows: Any, threads: NDArray[np.int64], process: int, thread: int, at_ns: int
) -> Iterator[str]:
    """The names of the rows of a thread in which an instant lies, the innermost first; none where it has no thread."""
    if thread == MISSING:
        return
    found = (rows.process == process) & (threads == thread) & (rows.start_ns <= at_ns) & (at_ns < rows.end_ns)
    inside = rows[found]
    for row in np.lexsort((-np.arange(len(inside)), inside.end_ns, -inside.start_ns)).tolist():
        yield trace.text(int(inside.name[row]))
