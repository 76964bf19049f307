"""Where in the script was the host while a device lost time?

A sample says what a thread did at one instant. It counts for a loss if that instant lies in the time in which the
thread held the device up, and only then: the line of a sample that was taken before a gap is not that of the gap. So
the samples of a line, as part of all, are an unbiased share of the time. What no sample stands for is unsampled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...intervals import Intervals
from ...model import MISSING, ThreadState
from ..stacks import outline, samples_of
from .looks import looks, looks_at_workers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from ...model import Int64, Trace
    from ..explained import Explained
    from ..stacks import Outline
    from .looks import Look

FEWEST = 3
"""Samples from which a line is named."""
MOST_PLACES = 5
MOST_LINES = 10
"""of a function that are named together, where none of them alone has most of the samples"""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a function, and how many samples showed it."""

    file: str
    line: int
    """`MISSING` if it is not known"""
    function: str
    samples: int


@dataclass(frozen=True, slots=True)
class Lines:
    """The line of a function, or a few of them, that most of a loss is at, or at what they call."""

    file: str
    first_line: int
    last_line: int
    function: str
    samples: int


@dataclass(frozen=True, slots=True)
class Where:
    """What the samples show of one loss."""

    places: tuple[Place, ...]
    """the innermost lines of the user's files, those with the most samples first; at most `MOST_PLACES`"""
    lines: Lines | None
    """those with most of the time; None where no few lines have, or where too little was sampled"""
    samples: int
    """all of them"""
    unsampled_ns: int
    """of the time in which the host held the device up, how much no sample stands for"""
    state: ThreadState
    """of most of the samples; ``UNKNOWN`` where there is none"""


def where(found: Explained, which: NDArray[np.bool_]) -> Where | None:
    """What the samples show of the stretches ``which`` of one cause; None for a trace without samples."""
    trace = found.stretches.trace
    if not len(trace.samples):
        return None
    workers = looks_at_workers(found, which)
    seen = _seen(trace, workers) if workers else None
    # Workers that mostly wait for work are not what the loader waits for.
    return seen if seen and seen.lines else _seen(trace, looks(found, which))


def _seen(trace: Trace, times: Sequence[Look]) -> Where:
    rows = np.concatenate([np.empty(0, np.int64), *(_inside(trace, look) for look in times)])
    looked_ns = sum(time.total_ns for _, time in times)
    unsampled_ns = looked_ns - sum(_covered_ns(trace, look) for look in times)
    frames = trace.samples.frame[rows].astype(np.int64)
    lines = _mostly(trace, frames)
    # Of a loss that was hardly sampled, most samples are not most of the time.
    enough = lines and 2 * lines.samples * (looked_ns - unsampled_ns) > len(rows) * looked_ns
    return Where(_places(trace, frames), lines if enough else None, len(rows), unsampled_ns, _state(trace, rows))


def _inside(trace: Trace, look: Look) -> Int64:
    """The samples of a thread that were taken in some time."""
    owner, time = look
    rows = samples_of(trace, owner)
    return rows[time.covers(trace.samples.start_ns[rows])]


def _covered_ns(trace: Trace, look: Look) -> int:
    owner, time = look
    rows, samples = samples_of(trace, owner), trace.samples
    return (time & Intervals.of(samples.start_ns[rows], samples.end_ns[rows])).total_ns


def _state(trace: Trace, rows: Int64) -> ThreadState:
    counts = np.bincount(trace.samples.state[rows], minlength=len(ThreadState))
    most = int(counts.argmax())
    return ThreadState(most) if 2 * int(counts[most]) > len(rows) else ThreadState.UNKNOWN


def _places(trace: Trace, frames: Int64) -> tuple[Place, ...]:
    at, samples = _counted(outline(trace).place, frames)
    columns = (trace.stack_frames.file[at], trace.stack_frames.line[at], trace.stack_frames.function[at])
    places, which = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
    count = np.zeros(len(places), np.int64)
    np.add.at(count, which.reshape(-1), samples)
    # Of equal counts, texts decide: those with as many samples as the last that is listed are compared by them.
    least = np.sort(count)[-MOST_PLACES:].min(initial=np.iinfo(np.int64).max)
    most = [
        Place(trace.text(file), line, trace.text(function), number)
        for (file, line, function), number in zip(places.tolist(), count.tolist(), strict=True)
        if number >= least
    ]
    return tuple(sorted(most, key=lambda each: (-each.samples, each.file, each.line, each.function))[:MOST_PLACES])


def _counted(column: Int64, frames: Int64) -> tuple[Int64, Int64]:
    """The distinct values of a column of frames, without `MISSING`, and how many of ``frames`` have each."""
    at = column[frames[frames != MISSING]]
    return np.unique(at[at != MISSING], return_counts=True)


def _mostly(trace: Trace, frames: Int64) -> Lines | None:
    """The innermost function of the user's files that most of the samples are in, or beneath, and its lines there."""
    tree = outline(trace)
    at, samples = _counted(tree.own, frames)
    function = _innermost_with_most(tree, at, samples, len(frames))
    if function == MISSING:
        return None
    for level in _levels(tree, at):
        inside = tree.function[level.frame] == function
        at[level.of[inside]] = level.frame[inside]
    inside = tree.function[at] == function
    lines, which = np.unique(trace.stack_frames.line[at[inside]], return_inverse=True)
    count = np.zeros(len(lines), np.int64)
    np.add.at(count, which.reshape(-1), samples[inside])
    file, name = (
        trace.text(int(column[function])) for column in (trace.stack_frames.file, trace.stack_frames.function)
    )
    return _named(file, name, lines, count, len(frames))


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """Frames that are equally far above some others: (n,) int64 each."""

    of: Int64
    """the place of each among those others"""
    frame: Int64


def _levels(tree: Outline, at: Int64) -> Iterator[_Level]:
    """The frames themselves, those that called them, and so on, of the user's files alone."""
    level = _Level(np.arange(len(at)), at.copy())
    while len(level.frame):
        yield level
        up = tree.up[level.frame]
        level = _Level(level.of[up != MISSING], up[up != MISSING])


def _innermost_with_most(tree: Outline, at: Int64, samples: Int64, total: int) -> int:
    """Any two functions with most of the samples have some in common, so one calls the other, which is the later."""
    inside = np.zeros(len(tree.function), np.int64)
    for level in _levels(tree, at):
        np.add.at(inside, tree.function[level.frame], samples[level.of])
    return int(np.flatnonzero(2 * inside > total).max(initial=MISSING))


def _named(file: str, function: str, lines: Int64, samples: Int64, total: int) -> Lines | None:
    most = int(samples.argmax())
    alone = 2 * int(samples[most]) > total
    first, last = (int(lines[most]),) * 2 if alone else (int(lines[0]), int(lines[-1]))
    number = int(samples[most] if alone else samples.sum())
    if number < FEWEST or first == MISSING or last - first >= MOST_LINES:
        return None
    return Lines(file, first, last, function, number)
