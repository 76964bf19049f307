"""What did the threads of the host execute while a device was idle?

Each sample of a thread that was taken in idle time counts once, for the functions of its whole stack. Frames of one
function that was called along the same functions are one, whichever of their lines were executed. The stack of a forked
process begins where that began.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING
from ..vocabulary.losses import Owner
from .account.idle.parts import launching_thread
from .account.owners import owned
from .once import once
from .overlap import active_devices
from .sampled import sampled_threads
from .stacks import callers, outline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..model import Int64, Trace
    from .sampled import SampledThread
    from .scope import Scope


@dataclass(frozen=True, slots=True, eq=False)
class CallTree:
    """The functions of some samples, each after the one that called it. All columns are (functions,) int64."""

    caller: Int64
    """position of the function that called it; `MISSING` for the outermost"""
    name: Int64
    """a code into ``Trace.strings``"""
    file: Int64
    """a code"""
    line: Int64
    """the one that most of the samples were at, or at what it called"""
    samples: Int64
    """with the function in their stacks"""
    own: Int64
    """those in which it was the innermost"""
    of_user: NDArray[np.bool_]
    """whether its file is the user's, as for the lines that a loss is at"""


@dataclass(frozen=True, slots=True, eq=False)
class IdleStacks:
    """What one thread executed while one device was idle."""

    device: int
    """position in ``Trace.devices``"""
    thread: SampledThread
    launches: bool
    """whether it launched anything on the device"""
    samples: int
    """taken in the idle time of the device"""
    without_stack: int
    """those of them whose stack could not be read"""
    tree: CallTree


@once
def idle_stacks(scope: Scope) -> tuple[IdleStacks, ...]:
    """Of each device its own threads: first those that launch on it, then those with most samples in its idle time."""
    return tuple(row for position in active_devices(scope.trace) for row in _of_device(scope, position))


def _of_device(scope: Scope, position: int) -> list[IdleStacks]:
    trace, idle = scope.trace, owned(scope, position)[Owner.IDLE]
    launching = _launching(trace, position)
    found = []
    for thread in sampled_threads(trace):
        if not _is_of(trace, thread.process, {process for process, _ in launching}):
            continue
        rows = np.flatnonzero((trace.samples.process == thread.process) & (trace.samples.thread == thread.thread))
        frames = trace.samples.frame[rows[idle.covers(trace.samples.start_ns[rows])]].astype(np.int64)
        if len(frames):
            unread = int((frames == MISSING).sum())
            tree = _tree(trace, frames[frames != MISSING])
            launches = (thread.process, thread.thread) in launching
            found.append(IdleStacks(position, thread, launches, len(frames), unread, tree))
    return sorted(found, key=lambda row: (not row.launches, -row.samples))


def _launching(trace: Trace, position: int) -> set[tuple[int, int]]:
    """Process and thread of what launched on a device; of a CPU device with native threads, their process alone."""
    own = trace.work.device == position
    return {*zip(trace.work.process[own].tolist(), launching_thread(trace)[own].tolist(), strict=True)}


def _is_of(trace: Trace, process: int, launching: set[int]) -> bool:
    """Whether a process serves a device: it launched there, has the rank of one that did, or there is no other."""
    if process in launching or len(np.unique(trace.work.process)) == 1:
        return True
    ranks = {trace.processes[each].rank for each in launching if each != MISSING} - {MISSING}
    return process != MISSING and trace.processes[process].rank in ranks


def _tree(trace: Trace, frames: Int64) -> CallTree:
    """The functions of the stacks that end in these frames."""
    inside = np.bincount(frames, minlength=len(trace.stack_frames))
    _add_to_callers(inside, callers(trace))
    kept = np.flatnonzero(inside)  # callers stand before what they called, here as in the trace
    node, first = _functions(trace, kept)
    samples, own = np.zeros(len(first), np.int64), np.zeros(len(first), np.int64)
    np.add.at(samples, node, inside[kept])
    np.add.at(own, node[np.searchsorted(kept, frames)], 1)
    line = _most_lines(node, trace.stack_frames.line[kept], inside[kept])
    frame = kept[first]
    caller = callers(trace)[frame]
    above = np.where(caller == MISSING, MISSING, node[np.searchsorted(kept, np.maximum(caller, 0))])
    name, file = (column[frame].astype(np.int64) for column in (trace.stack_frames.function, trace.stack_frames.file))
    return CallTree(above, name, file, line, samples, own, outline(trace).own[frame] == frame)


def _most_lines(node: Int64, line: Int64, samples: Int64) -> Int64:
    """Of each function the line with most samples, of equal ones the last."""
    lines, which = np.unique(np.stack((node, line), axis=1), axis=0, return_inverse=True)
    counts = np.zeros(len(lines), np.int64)
    np.add.at(counts, which.reshape(-1), samples)
    order = np.lexsort((counts, lines[:, 0]))
    last = np.diff(lines[order, 0], append=MISSING) != 0
    return np.asarray(lines[order[last], 1])


def _add_to_callers(count: Int64, caller: Int64) -> None:
    """Add to each frame what those that it called have, in place."""
    for frame in np.flatnonzero(caller != MISSING)[::-1].tolist():
        count[caller[frame]] += count[frame]


def _functions(trace: Trace, kept: Int64) -> tuple[Int64, Int64]:
    """For each of these frames the number of its function, and for each function the place of its first frame."""
    found: dict[tuple[int, int, int], int] = {}
    of: dict[int, int] = {MISSING: MISSING}
    first: list[int] = []
    columns = (callers(trace)[kept], trace.stack_frames.function[kept], trace.stack_frames.file[kept])
    for place, (frame, caller, name, file) in enumerate(
        zip(kept.tolist(), *(c.tolist() for c in columns), strict=True)
    ):
        of[frame] = found.setdefault((of[caller], name, file), len(found))
        if len(found) > len(first):
            first.append(place)
    return np.array([of[frame] for frame in kept.tolist()], np.int64), np.array(first, np.int64)
