"""What the work was, in the window of the account: everything that is in the room of this name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..once import once
from ..steady.host import host_window
from ..steady.window import steady_scope
from .launch_statistics import launch_statistics
from .operations import operations
from .operators import operator_figures
from .range_times import range_times
from .steps import step_lengths
from .transfers import transfers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, TypeVar

    from ..scope import Scope
    from .launch_statistics import LaunchStatistics
    from .operations import OperationFigures
    from .operators import OperatorFigures
    from .range_times import RangeTimes
    from .steps import StepLength
    from .transfers import TransferFigures

    T = TypeVar("T")


TOP = 20
"""rows that documents and pages have of each device or process, if no other number is asked for"""

MOST_STEPS = 1_000
"""steps that documents have, the longest ones; launches alone may repeat a hundred thousand times"""


@dataclass(frozen=True, slots=True)
class Amount:
    """All operations of one device in the window, whether rows show them or not."""

    device: int
    """position in ``Trace.devices``"""
    rank: int
    window_ns: int
    names: int
    """distinct names and engines: rows of ``operations``"""
    count: int
    total_ns: int


@dataclass(frozen=True, slots=True)
class Work:
    """The rows of each question, of all devices and processes; see its module for the definitions."""

    amounts: tuple[Amount, ...]
    operations: tuple[OperationFigures, ...]
    operators: tuple[OperatorFigures, ...]
    ranges: tuple[RangeTimes, ...]
    steps: tuple[StepLength, ...]
    launches: tuple[LaunchStatistics, ...]
    transfers: tuple[TransferFigures, ...]
    top: int | None = None
    """operations of each device, operators and ranges of each process that it has at most; None: all"""
    steps_left_out: int = 0
    """steps that are no longer than any of ``steps``"""

    def of_top(self, top: int) -> Work:
        """With the first ``top`` rows of each device or process, of what is in order of time, and the longest steps."""
        steps = longest(self.steps, max(MOST_STEPS, top))
        return replace(
            self,
            operations=_first(self.operations, top, lambda row: row.device),
            operators=_first(self.operators, top, lambda row: row.process),
            ranges=_first(self.ranges, top, lambda row: row.process),
            steps=steps,
            steps_left_out=self.steps_left_out + len(self.steps) - len(steps),
            top=top,
        )


def longest(steps: Sequence[StepLength], most: int) -> tuple[StepLength, ...]:
    """The ``most`` longest steps, in their order."""
    by_length = sorted(range(len(steps)), key=lambda i: -steps[i].device_ns)[:most]
    return tuple(steps[i] for i in sorted(by_length))


def _first(rows: Iterable[T], top: int, group: Callable[[T], Any]) -> tuple[T, ...]:
    met: dict[Any, int] = {}
    kept = []
    for row in rows:
        met[group(row)] = met.get(group(row), 0) + 1
        if met[group(row)] <= top:
            kept.append(row)
    return tuple(kept)


@once
def work(
    scope: Scope, whole: bool = False, steps: tuple[int, int] | None = None, step_range: str | None = None
) -> Work:
    """Ask all of it. The arguments choose the window, as for `steady`."""
    inside, host = steady_scope(scope, whole, steps, step_range), host_window(scope, whole, steps, step_range)
    found = operations(inside)
    return Work(
        amounts=_amounts(found),
        operations=found,
        operators=operator_figures(scope, host),
        ranges=range_times(scope, host),
        steps=step_lengths(scope, inside, whole, steps, step_range),
        launches=launch_statistics(scope, host),
        transfers=transfers(inside),
    )


def _amounts(rows: Iterable[OperationFigures]) -> tuple[Amount, ...]:
    by_device: dict[int, list[OperationFigures]] = {}
    for row in rows:
        by_device.setdefault(row.device, []).append(row)
    return tuple(
        Amount(
            device=device,
            rank=own[0].rank,
            window_ns=own[0].window_ns,
            names=len(own),
            count=sum(row.count for row in own),
            total_ns=sum(row.total_ns for row in own),
        )
        for device, own in by_device.items()
    )
