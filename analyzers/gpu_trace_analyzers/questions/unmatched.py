"""Which launches have no work in the trace, and which work has no launch? Either way the recording lost something."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..ids import Ids, first_of_each, first_rows
from ..model import MISSING
from .launches import launches, launching
from .once import once
from .replays import partial_replays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ..model import Int64, Trace
    from .launches import Launches

    Mask = NDArray[np.bool_]

_LAUNCHING = re.compile(r"Launch\w*Kernel|GraphLaunch")
_BEGINS_CAPTURE = re.compile(r"StreamBeginCapture")
_ENDS_CAPTURE = re.compile(r"StreamEndCapture")
_FORBIDDEN_IN_CAPTURE = re.compile(r"(Stream|Device|Ctx|Event)Synchronize")


@dataclass(frozen=True, slots=True)
class Unmatched:
    """How many launches of kernels and graphs have no work in the trace, and how many operations of GPUs no launch.

    Launches into a CUDA graph that is being captured do nothing yet and are not counted. Operations without a launch
    were mostly launched before the recording began. Where a trace has no calls of a process at all, nothing can be said
    of its work, and it is not counted.
    """

    launches: int = 0
    work: int = 0
    after_last: int = 0
    """of the launches those after the last one whose work the trace has: the recording may have ended first"""
    nodes: int = 0
    """nodes that replays of a CUDA graph lack, and another replay of it has"""


@once
def unmatched(trace: Trace) -> Unmatched:
    """Count both; see `Unmatched`."""
    launched = launches(trace)
    nodes = int(partial_replays(trace).lacking.sum())
    if not len(trace.calls):
        return Unmatched(nodes=nodes)
    on_gpu = np.array([device.kind == "gpu" for device in trace.devices], dtype=np.bool_)[trace.work.device]
    has_calls = np.isin(trace.work.process, trace.calls.process)
    lost = lost_launches(trace)
    work = int((on_gpu & has_calls & ~launched.known).sum())
    return Unmatched(int(lost.sum()), work, int((lost & _after_last(trace, launched)).sum()), nodes)


def _after_last(trace: Trace, launched: Launches) -> Mask:
    """Which rows of ``Trace.calls`` began after every call of their process whose work the trace has; none without."""
    calls, known = trace.calls, launched.call[launched.call != MISSING]
    last_ns = np.full(len(trace.processes) + 1, MISSING)  # the last is that of `MISSING`, -1
    np.maximum.at(last_ns, calls.process[known], calls.start_ns[known])
    has_work = np.isin(calls.process, calls.process[known])
    return np.asarray(has_work & (calls.start_ns > last_ns[calls.process]))


@once
def lost_launches(trace: Trace) -> Mask:
    """Which rows of ``Trace.calls`` launched a kernel that is not in the trace."""
    calls, work = trace.calls, trace.work
    lost = calls_named(trace, _LAUNCHING) & (calls.correlation != MISSING) & ~launching(trace)
    silent, of_any = np.flatnonzero(lost), work.process == MISSING
    if not len(silent):
        return np.asarray(lost)
    ids = Ids(calls.process[silent], calls.correlation[silent])
    ran = first_rows(Ids(work.process[~of_any], work.correlation[~of_any]), ids) != MISSING
    ran |= first_of_each(work.correlation[of_any], ids.number) != MISSING
    lost[silent[ran]] = False
    return np.asarray(lost & ~_captured(trace))


@once
def calls_named(trace: Trace, pattern: re.Pattern[str]) -> Mask:
    """Which rows of ``Trace.calls`` have such a name."""
    found = np.zeros(len(trace.calls), np.bool_)
    for code in _names(trace):
        if pattern.search(trace.text(code)):
            found |= trace.calls.name == code
    return found


@once
def _names(trace: Trace) -> tuple[int, ...]:
    """The codes of the names of all calls."""
    is_there = np.zeros(len(trace.strings) + 1, dtype=np.bool_)  # the last is that of `MISSING`, -1
    is_there[trace.calls.name] = True
    return tuple(np.flatnonzero(is_there[:-1]).tolist())


def _captured(trace: Trace) -> Mask:
    """Which rows of ``Trace.calls`` their thread made while it captured a graph."""
    calls = trace.calls
    begins, ends = calls_named(trace, _BEGINS_CAPTURE), calls_named(trace, _ENDS_CAPTURE)
    captured = np.zeros(len(calls), dtype=bool)
    capturing = zip(calls.process[begins | ends].tolist(), calls.thread[begins | ends].tolist(), strict=True)
    for process, thread in set(capturing):
        own = np.flatnonzero((calls.process == process) & (calls.thread == thread))
        for first, last in _captures(begins[own], ends[own], _at_once(trace, own)):
            captured[own[first:last]] = True
    return captured


def _captures(begins: Mask, ends: Mask, at_once: Int64) -> Iterator[tuple[int, int]]:
    """The calls of one thread in each of its captures, from the first to before the last; captures may nest.

    One that was not recorded to its end, or from its beginning, reaches no further than a call outside every capture.
    """
    begun: list[int] = []
    for row in np.flatnonzero(begins | ends).tolist():
        if begins[row]:
            begun.append(row)
        elif begun:
            yield begun.pop(), row
        else:
            before = at_once[at_once < row]
            yield (int(before[-1]) if len(before) else 0), row
    for row in begun:
        after = at_once[at_once > row]
        yield row, (int(after[0]) if len(after) else len(begins))


def _at_once(trace: Trace, own: Int64) -> Int64:
    """Positions among a thread's calls of those outside every capture: what they launched ran, or they waited."""
    calls, work = trace.calls[own], trace.work
    of_process = work.correlation[(work.process == calls.process[0]) & (work.correlation != MISSING)]
    waits = calls_named(trace, _FORBIDDEN_IN_CAPTURE)[own]
    return np.flatnonzero(np.isin(calls.correlation, of_process) | waits)
