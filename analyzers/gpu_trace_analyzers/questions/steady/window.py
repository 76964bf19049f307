"""The window that an account speaks of: the steady steps, what was asked for, or the whole recording.

It is one window for all devices and ranks: the time in which every process is in a step after its warm-up. In a trace
of CPU devices alone the host is the device, so its ranges are its steps; operators that repeat there are no launches,
and say nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from ...errors import UsageError
from ...intervals import Intervals
from ...model import MISSING
from ...units import count
from ..once import once
from ..overlap import active_devices
from ..scope import Scope, Window
from .kinds import LEAST_OF_KIND, kinds, repeat
from .names import kind_names
from .skew import skew_end_ns
from .steps import found_steps
from .warm_up import unusual, warm_up_steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...model import Int64, Trace
    from .kinds import Kinds
    from .steps import FoundSteps, Steps


MOST_LEFT_OUT = 3
"""times the window: where launches repeat for a smaller part of a recording than that leaves, they may be the layers of
one step rather than steps"""


@dataclass(frozen=True, slots=True)
class StepKind:
    """Steps in the window that launch the same operations."""

    steps: int
    ns: int
    """their lengths, added up"""
    operations: int
    """launched in the median of them"""
    first_step: int
    """the number of the first"""
    name: str = ""
    """of a range that each of them has and no other step; empty where there is one kind, or no such range"""
    number: int = field(default=MISSING, compare=False)
    """as `kinds` numbers it"""


@dataclass(frozen=True, slots=True)
class SlowStep:
    """A step in the window that took more than 1.5 times the median of its kind."""

    number: int
    ns: int
    usual_ns: int
    """that median"""


@dataclass(frozen=True, slots=True)
class Steady:
    """A window of time, the same one on all devices, and how it was found.

    ``kinds`` and ``slow`` are of the process whose first step begins the window; of a job, all do the same work.
    """

    window: Window | None
    """None: of each device its own span"""
    found_by: Literal["steps", "asked", "whole"]
    steps: str = ""
    """the name of the range that is a step; empty where no range decided"""
    first_step: int | None = None
    last_step: int | None = None
    """both inclusive, numbered as `step_figures` does; None where steps did not decide"""
    left_out_ns: int = 0
    """recorded time before and after the window, from the first operation of any device to the end of the last"""
    warm_up_steps: int = 0
    """left out at the beginning"""
    warm_up_ns: int = 0
    """from the beginning of the first of these to the window"""
    after_profilers_ns: int = 0
    """from the first operation until no rank waited any longer for the one whose profiler had started last"""
    kinds: tuple[StepKind, ...] = ()
    """those of the steps in the window, the one with most time first"""
    slow: tuple[SlowStep, ...] = ()
    """the longest first"""
    none_found: bool = False
    """whether there are no steps that the window could be of"""


@once
def steady(
    scope: Scope, whole: bool = False, steps: tuple[int, int] | None = None, step_range: str | None = None
) -> Steady:
    """The window of the account of a trace.

    ``whole``: the whole recording. ``steps``: steps ``[A, B)``, as far as there are such. Otherwise the window of
    ``scope`` where it has one, and else the steady steps. ``step_range``: the range that is a step.

    Raises `UsageError` for steps that do not exist, a range that does not, and for two ways to choose a window at once.
    """
    if steps is not None:
        if whole or scope.window is not None:
            other = "--whole" if whole else "--from/--to"
            raise UsageError(f"--steps and {other} exclude each other; give one of them")
        return _asked(scope, steps, step_range)
    if scope.window is not None:
        return Steady(scope.window, "asked", left_out_ns=_left_out_ns(scope.trace, scope.window))
    return Steady(None, "whole") if whole else _found(scope, step_range)


@once
def steady_scope(
    scope: Scope, whole: bool = False, steps: tuple[int, int] | None = None, step_range: str | None = None
) -> Scope:
    """The same trace in that window, which questions of the steady steps are asked of."""
    window = steady(scope, whole, steps, step_range).window
    return scope if window == scope.window else Scope(scope.trace, scope.copies, window)


def _has_queue(trace: Trace) -> bool:
    """Whether a device that is not a CPU did anything: only such a one runs behind its host."""
    return any(trace.devices[position].kind != "cpu" for position in active_devices(trace))


def _found(scope: Scope, step_range: str | None) -> Steady:
    found, skew_ns = found_steps(scope, step_range), skew_end_ns(scope.trace)
    if found is None or not (found.name or _has_queue(scope.trace)):
        return _after(scope.trace, skew_ns)
    if not (found.certain or repeat(scope, step_range)):
        return _after(scope.trace, skew_ns)
    kind = kinds(scope, step_range).kind
    cold, warm = [], []
    for process in np.unique(found.steps.process).tolist():
        rows = np.flatnonzero(found.steps.process == process)
        rows = rows if skew_ns is None else rows[found.steps.start_ns[rows] >= skew_ns]
        warming = warm_up_steps(found.steps.ns[rows], kind[rows]) if len(rows) else 0
        cold.append(rows[:warming])
        warm.append(rows[warming:])
    if not all(map(len, warm)):
        return _after(scope.trace, skew_ns)
    edges = [_span(scope.trace, found.steps, rows) for rows in warm]
    start_ns, end_ns = max(edge.start_ns for edge in edges), min(edge.end_ns for edge in edges)
    if start_ns >= end_ns:
        return _after(scope.trace, skew_ns)
    if not found.name and _left_out_ns(scope.trace, Window(start_ns, end_ns)) > MOST_LEFT_OUT * (end_ns - start_ns):
        return _after(scope.trace, skew_ns)
    decides = [edge.start_ns for edge in edges].index(start_ns)
    return _of_steps(scope, found, "steps", step_range, Window(start_ns, end_ns), warm[decides], cold[decides], skew_ns)


def _asked(scope: Scope, steps: tuple[int, int], step_range: str | None) -> Steady:
    """The window of steps ``[A, B)``: from when the first process begins them to when the last has ended them."""
    path, found = scope.trace.source.path, found_steps(scope, step_range)
    if found is None:
        fix = "choose another" if step_range else "name a range that launches each step with"
        raise UsageError(f"{path}: no steps were found, and --steps needs them; {fix} --step-range")
    first, last = int(found.steps.number.min()), int(found.steps.number.max())
    rows = np.flatnonzero((found.steps.number >= steps[0]) & (found.steps.number < steps[1]))
    if not len(rows):
        has = f"steps {count(first)} to {count(last)} of {found.name or 'the launch sequence'}"
        raise UsageError(f"{path}: --steps {steps[0]}:{steps[1]} chooses no step; the trace has {has}")
    own = rows[found.steps.process[rows] == found.steps.process[rows[0]]]
    window = _span(scope.trace, found.steps, rows)
    if window.span_ns <= 0:
        raise UsageError(f"{path}: nothing ran in --steps {steps[0]}:{steps[1]}; choose others")
    return _of_steps(scope, found, "asked", step_range, window, own, own[:0], None)


def _of_steps(
    scope: Scope,
    found: FoundSteps,
    found_by: Literal["steps", "asked"],
    step_range: str | None,
    window: Window,
    rows: Int64,
    cold: Int64,
    skew_ns: int | None,
) -> Steady:
    """A window of steps; ``rows`` are those of one process, ``cold`` its warm-up."""
    trace, steps = scope.trace, found.steps
    inside = rows[steps.start_ns[rows] < window.end_ns]
    of = kinds(scope, step_range)
    return Steady(
        window,
        found_by,
        steps=found.name,
        first_step=int(steps.number[inside[0]]),
        last_step=int(steps.number[inside[-1]]),
        left_out_ns=_left_out_ns(trace, window),
        warm_up_steps=len(cold),
        warm_up_ns=window.start_ns - int(steps.start_ns[cold[0]]) if len(cold) else 0,
        after_profilers_ns=0 if skew_ns is None else skew_ns - _recording(trace).start_ns,
        kinds=_kinds(scope, steps, inside, of),
        slow=_slow(steps, inside, of.kind),
    )


def _after(trace: Trace, skew_ns: int | None) -> Steady:
    """The whole recording; where ranks first waited for the start of a profiler, what comes after that."""
    span = _recording(trace)
    if skew_ns is None or skew_ns >= span.end_ns:
        return Steady(None, "whole", none_found=True)
    window = Window(skew_ns, span.end_ns)
    return Steady(
        window,
        "whole",
        left_out_ns=_left_out_ns(trace, window),
        after_profilers_ns=skew_ns - span.start_ns,
        none_found=True,
    )


def _span(trace: Trace, steps: Steps, rows: Int64) -> Window:
    """From the first to the last of some steps, as far as that is in the recording."""
    span = _recording(trace)
    return Window(max(int(steps.start_ns[rows].min()), span.start_ns), min(int(steps.end_ns[rows].max()), span.end_ns))


def _recording(trace: Trace) -> Window:
    """From the first operation of any device to the end of the last."""
    return Window(int(trace.work.start_ns[0]), int(trace.work.end_ns.max())) if len(trace.work) else Window(0, 0)


def _left_out_ns(trace: Trace, window: Window) -> int:
    span, windows = _recording(trace), trace.windows
    recorded = Intervals.from_pairs([(span.start_ns, span.end_ns)])
    if len(windows):
        recorded = recorded & Intervals.of(windows.start_ns, windows.end_ns)
    return recorded.total_ns - recorded.clip(window.start_ns, window.end_ns).total_ns


def _kinds(scope: Scope, steps: Steps, rows: Int64, of: Kinds) -> tuple[StepKind, ...]:
    found, each = [], _by_kind(rows, of.kind)
    names = kind_names(scope, steps[rows], of.kind[rows]) if len(each) > 1 else {}
    for members in each:
        size = np.sort(of.operations[members])[(len(members) - 1) // 2]
        kind, first = int(of.kind[members[0]]), int(steps.number[members[0]])
        found.append(StepKind(len(members), int(steps.ns[members].sum()), int(size), first, names.get(kind, ""), kind))
    return tuple(sorted(found, key=lambda each: -each.ns))


def _slow(steps: Steps, rows: Int64, kind: Int64) -> tuple[SlowStep, ...]:
    found = []
    for members in _by_kind(rows, kind):
        ns = steps.ns[members]
        usual_ns = int(np.sort(ns)[(len(ns) - 1) // 2])
        if len(members) >= LEAST_OF_KIND:
            slow = members[unusual(ns) & (ns > usual_ns)]
            found += [SlowStep(int(steps.number[row]), int(steps.ns[row]), usual_ns) for row in slow.tolist()]
    return tuple(sorted(found, key=lambda each: -each.ns))


def _by_kind(rows: Int64, kind: Int64) -> Sequence[Int64]:
    return [rows[kind[rows] == each] for each in np.unique(kind[rows]).tolist()]
