"""The steps of a recording, each from when the devices began it to when they began the next one.

A step begins when the operation that was launched first in it begins. The host is ahead of the devices: while the
launch queue fills, its own steps of 35, 72, 96, 96 ms are steps of 96 ms on the device. The host's times count in a
process whose every step ends on the devices before its range ends: there both are the same, and the range says where
the script begins a step.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from ...intervals import Intervals
from ..issued import launch_order
from ..once import once
from ..ranges import step_numbers, with_length
from ..recorded import in_one_window
from .marks import marks
from .periods import periods

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from ...model import Int64, Ranges
    from ..scope import Scope
    from .marks import Marks


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """A row per step and process, in order of processes and times; (steps,) int64 each."""

    process: Int64
    number: Int64
    """as `step_figures` numbers them; of steps between two ranges that of the first"""
    launch_from_ns: Int64
    """what its process launched in ``[launch_from_ns, launch_to_ns)`` belongs to it, on the host"""
    launch_to_ns: Int64
    start_ns: Int64
    """on the devices"""
    end_ns: Int64

    def __len__(self) -> int:
        return len(self.number)

    def __getitem__(self, rows: NDArray[np.bool_] | Int64) -> Steps:
        """Some of them."""
        return Steps(**{column.name: getattr(self, column.name)[rows] for column in fields(self)})

    @property
    def ns(self) -> Int64:
        """How long each of them is."""
        return self.end_ns - self.start_ns

    def by_process(self) -> Iterator[Steps]:
        """Those of each process."""
        for process in np.unique(self.process).tolist():
            yield self[self.process == process]

    @classmethod
    def joined(cls, parts: Sequence[Steps]) -> Steps:
        """Those of several processes."""
        return cls(
            **{column.name: np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(cls)}
        )


@dataclass(frozen=True, slots=True, eq=False)
class FoundSteps:
    """The steps of a recording, and how they were found."""

    name: str
    """of the range that marks them; empty where the sequence of launches alone repeats"""
    steps: Steps
    certain: bool
    """whether they are steps even if they do not do the same"""


@once
def found_steps(scope: Scope, step_range: str | None = None) -> FoundSteps | None:
    """The steps of a trace; None where nothing in it is certain to be a step.

    Raises `UsageError` where no range has the name of ``step_range``.
    """
    found = marks(scope, step_range)
    if found is None:
        parts = _periodic(scope)
        return FoundSteps("", Steps.joined(parts), certain=False) if parts and step_range is None else None
    return FoundSteps(found.name, Steps.joined(_marked(scope, found)), found.certain)


def _marked(scope: Scope, found: Marks) -> list[Steps]:
    ranges = with_length(scope)
    names = np.isin(ranges.name, np.unique(ranges.name[found.rows]))
    numbers = np.zeros(len(ranges), dtype=np.int64)
    numbers[names] = step_numbers(scope.trace, ranges[names])
    of = ranges.process[found.rows]
    each = [found.rows[of == process] for process in np.unique(of).tolist()]
    return [_of_process(scope, ranges[rows], numbers[rows], found.between) for rows in each]


def _of_process(scope: Scope, ranges: Ranges, number: Int64, between: bool) -> Steps:
    """The steps that the ranges of one process mark; each of them launched something."""
    work, order = scope.trace.work, launch_order(scope.trace)
    first, _ = order.firsts(ranges)
    which, row = order.inside(ranges)
    last_ns = np.full(len(ranges), np.iinfo(np.int64).min)
    np.maximum.at(last_ns, which, work.end_ns[row])
    # Where a stream is behind, the first operation of a step may begin before that of the step before it.
    start_ns = np.maximum.accumulate(work.start_ns[first])
    follows = np.append(ranges.start_ns[1:], ranges.end_ns[-1:])
    if not between and (last_ns <= ranges.end_ns).all():
        start_ns, last_ns = ranges.start_ns, ranges.end_ns
    end_ns = np.append(start_ns[1:], max(int(last_ns[-1]), int(start_ns[-1])))
    end_ns = _until_recording_stops(scope, int(ranges.process[0]), start_ns, end_ns, last_ns)
    steps = Steps(ranges.process.astype(np.int64), number, ranges.start_ns, follows, start_ns, end_ns)
    return steps[np.arange(len(steps) - 1)] if between else steps


def _until_recording_stops(scope: Scope, process: int, start_ns: Int64, end_ns: Int64, last_ns: Int64) -> Int64:
    """The ends of steps, of those before a pause of the recording that of their own last operation."""
    windows = scope.trace.windows
    own = windows.process == process
    together = in_one_window(start_ns, end_ns, Intervals.of(windows.start_ns[own], windows.end_ns[own]))
    return np.where(together, end_ns, np.maximum(np.minimum(last_ns, end_ns), start_ns))


def _periodic(scope: Scope) -> list[Steps]:
    """The repetitions of what each process launched, where that is certain to repeat."""
    work, parts = scope.trace.work, []
    for found in periods(scope.trace):
        start_ns = np.maximum.accumulate(work.start_ns[found.row])
        end_ns = np.append(start_ns[1:], max(found.end_ns, int(start_ns[-1])))
        process, number = np.full(len(start_ns), found.process), np.arange(len(start_ns))
        end_ns = _until_recording_stops(scope, found.process, start_ns, end_ns, end_ns)
        parts.append(Steps(process, number, found.launch_ns[:-1], found.launch_ns[1:], start_ns, end_ns))
    return parts
