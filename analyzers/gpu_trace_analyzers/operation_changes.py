"""Which operations changed between two sides of runs, by name and by the range that launched them?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .spread import Change, Values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .loss_changes import Run
    from .model import Engine
    from .questions.steady.window import Steady
    from .questions.work.by_range import OperationInRange

LEAST_SHARE = 0.001
"""of a window: an operation that changed by less is not worth a line"""

Key = tuple[str, "Engine", str]
"""name, engine and range"""
_Found = tuple[int, int]
"""how many, and how long they took"""


@dataclass(frozen=True, slots=True)
class OperationRun:
    """The operations of one device in one run, and the window that they are of."""

    run: Run
    operations: Mapping[Key, OperationInRange]


OperationRuns = tuple["OperationRun | None", ...]
"""of one device on one side; None where a run does not have the device"""


@dataclass(frozen=True, slots=True)
class OperationChange:
    """One operation that one range launched, before and after; 0 in a run that does not have it."""

    name: str
    engine: Engine
    range: str
    """``a -> b`` where one operation is in ranges of one side alone on both: a range has another name then"""
    count: Change
    ns: Change
    step_ns: Change | None
    """per step, rounded down; None where windows are not compared by their steps"""

    @property
    def measure(self) -> Change:
        """What tells how much it changed: the time per step where there is one, else the time."""
        return self.step_ns or self.ns

    @property
    def gone(self) -> bool:
        """Whether it was in every run before, and is in none after."""
        return all(self.count.of_before.runs) and not any(self.count.of_after.runs)

    @property
    def new(self) -> bool:
        """Whether it was in no run before, and is in every one after."""
        return all(self.count.of_after.runs) and not any(self.count.of_before.runs)


@dataclass(frozen=True, slots=True)
class OperationChanges:
    """All operations of one device side by side."""

    device: str
    window: Change
    """length of the windows, per step where there are steps"""
    comparable: bool
    """whether the windows of all runs are of steps, or all are whole: otherwise their operations are not compared"""
    rows: tuple[OperationChange, ...]
    """those that changed most first; those no further apart than the runs of a side last"""

    @property
    def worth_a_line(self) -> tuple[OperationChange, ...]:
        """Those that changed by a thousandth of a window or more; of several runs a side, by more than the runs do."""
        return tuple(row for row in self._large if row.measure.beyond_spread in (True, None))

    @property
    def within_spread(self) -> int:
        """How many others differ by a thousandth of a window, and are not further apart than the runs of a side."""
        return len(self._large) - len(self.worth_a_line)

    @property
    def _large(self) -> list[OperationChange]:
        least = LEAST_SHARE * max(self.window.of_before.most or 0, self.window.of_after.most or 0)
        return [row for row in self.rows if row.measure.by and abs(row.measure.by) >= least]


def operation_changes(device: str, before: OperationRuns, after: OperationRuns) -> OperationChanges | None:
    """Match the operations of one device; None unless every run on both sides has it."""
    runs = [run for run in (*before, *after) if run]
    if len(runs) < len(before) + len(after):
        return None
    cut, by_step = len(before), _by_step(runs)
    steps = [run.run.steps or 1 if by_step else 1 for run in runs]
    found = _moved(
        {key: _in_runs(key, runs) for key in dict.fromkeys(key for run in runs for key in run.operations)}, cut
    )
    rows = [_row(key, each, steps if by_step else None, cut) for key, each in found.items()]
    window_ns = [run.run.account.window_ns // number for run, number in zip(runs, steps, strict=True)]
    return OperationChanges(
        device,
        _change("window_ns", window_ns, cut),
        by_step or all(_is_whole(run.run.steady) for run in runs),
        tuple(sorted(rows, key=lambda row: (row.measure.beyond_spread is False, -abs(row.measure.by)))),
    )


def _in_runs(key: Key, runs: Sequence[OperationRun]) -> list[_Found]:
    rows = [run.operations.get(key) for run in runs]
    return [(row.count, row.total_ns) if row else (0, 0) for row in rows]


def _moved(found: Mapping[Key, list[_Found]], cut: int) -> dict[Key, list[_Found]]:
    """The same, with one row for an operation whose ranges before are all gone, and those after all new."""
    only_before, only_after = defaultdict(list), defaultdict(list)
    for key, runs in found.items():
        if not any(count for count, _ in runs[cut:]):
            only_before[key[:2]].append(key)
        elif not any(count for count, _ in runs[:cut]):
            only_after[key[:2]].append(key)
    rows = dict(found)
    for operation in only_before.keys() & only_after.keys():
        moved = [only_before[operation], only_after[operation]]
        ranges = [" + ".join(key[2] or "no range" for key in keys) for keys in moved]
        each = [rows.pop(key) for keys in moved for key in keys]
        rows[(*operation, " -> ".join(ranges))] = [
            (sum(count for count, _ in run), sum(ns for _, ns in run)) for run in zip(*each, strict=True)
        ]
    return rows


def _by_step(runs: Sequence[OperationRun]) -> bool:
    """Whether all windows are of steps that compare: those of one range, or repetitions of as many launches."""
    if not all(run.run.steps for run in runs):
        return False
    names = {run.run.steady.steps for run in runs}
    sizes = {run.run.steady.kinds[0].operations if run.run.steady.kinds else 0 for run in runs}
    return len(names) == 1 and (names != {""} or len(sizes) == 1)


def _is_whole(steady: Steady) -> bool:
    """Whether a window is all of a recording, or was asked for by its times."""
    return not steady.left_out_ns or (steady.found_by == "asked" and steady.first_step is None)


def _row(key: Key, runs: Sequence[_Found], steps: Sequence[int] | None, cut: int) -> OperationChange:
    step_ns = [ns // number for (_, ns), number in zip(runs, steps, strict=True)] if steps else None
    return OperationChange(
        *key,
        count=_change("count", [count for count, _ in runs], cut),
        ns=_change("ns", [ns for _, ns in runs], cut),
        step_ns=_change("step_ns", step_ns, cut) if step_ns else None,
    )


def _change(figure: str, values: Sequence[int], cut: int) -> Change:
    return Change(figure, Values(tuple(values[:cut])), Values(tuple(values[cut:])))
