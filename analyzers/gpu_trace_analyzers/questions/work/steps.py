"""How long is each step, on the devices and on the host, and what did a device lose most in it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...intervals import Intervals
from ..account.causes import causes_of
from ..once import once
from ..overlap import active_devices
from ..scope import Scope
from ..steady.kinds import kinds
from ..steady.names import kind_names
from ..steady.steps import found_steps
from ..steady.window import steady

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ...model import Int64
    from ...vocabulary.losses import Owner
    from ..explained import Rule
    from ..steady.steps import Steps
    from ..steady.window import Steady


@dataclass(frozen=True, slots=True)
class StepLoss:
    """What a device lost most time to in one step."""

    device: int
    """position in ``Trace.devices``"""
    owner: Owner
    cause: str
    title: str
    ns: int


@dataclass(frozen=True, slots=True)
class StepLength:
    """One step of one process."""

    number: int
    """n of ``ProfilerStep#n``, else counted from 0"""
    name: str
    """of the range that marks it; empty where the launches alone repeat"""
    process: int
    """position in ``Trace.processes``"""
    pid: int
    rank: int
    start_ns: int
    """on the devices"""
    device_ns: int
    """from when the devices began it to when they began the next one"""
    host_ns: int
    """from when the host began it to when it began the next one; of the last one, to its end"""
    operations: int
    """that the host launched in it"""
    kind: int
    """steps of one kind launch the same; kinds are numbered by their first step"""
    kind_name: str
    """of a range that only steps of this kind have; empty where there is none, or one kind"""
    in_window: bool
    """whether the account speaks of it"""
    loss: StepLoss | None = None
    """the largest on a device of its process; None outside the window, and where the devices only computed"""


@once
def step_lengths(
    scope: Scope,
    inside: Scope,
    whole: bool = False,
    steps: tuple[int, int] | None = None,
    step_range: str | None = None,
) -> tuple[StepLength, ...]:
    """A row per process and step, in order; empty where no steps are certain.

    ``inside`` is the scope of the steady window, whose losses are known; the others choose it, as for `steady`.
    """
    spoken_of = steady(scope, whole, steps, step_range)
    recording = scope if scope.window is None else Scope(scope.trace, scope.copies)
    found = found_steps(recording, step_range)
    if found is None or not (steps is not None or steady(recording, step_range=step_range).first_step is not None):
        return ()
    each = _processes(found.steps)
    return tuple(row for own in each for row in _of_process(recording, inside, own, spoken_of, step_range))


def _processes(steps: Steps) -> Iterator[Int64]:
    """Which rows are of each process."""
    for process in np.unique(steps.process).tolist():
        yield np.flatnonzero(steps.process == process)


def _of_process(
    scope: Scope, inside: Scope, own: Int64, of_window: Steady, step_range: str | None
) -> Iterator[StepLength]:
    found, of = found_steps(scope, step_range), kinds(scope, step_range)
    assert found is not None
    steps, kind, process = found.steps[own], of.kind[own], int(found.steps.process[own[0]])
    names = kind_names(scope, steps, kind) if len(np.unique(kind)) > 1 else {}
    numbers = {each: i for i, each in enumerate(dict.fromkeys(kind.tolist()))}
    spoken_of = _inside(steps, of_window)
    losses = _losses(inside, process, steps, spoken_of)
    for i in range(len(steps)):
        yield StepLength(
            number=int(steps.number[i]),
            name=found.name,
            process=process,
            pid=scope.trace.processes[process].pid,
            rank=scope.trace.processes[process].rank,
            start_ns=int(steps.start_ns[i]),
            device_ns=int(steps.ns[i]),
            host_ns=int(steps.launch_to_ns[i] - steps.launch_from_ns[i]),
            operations=int(of.operations[own[i]]),
            kind=numbers[int(kind[i])],
            kind_name=names.get(int(kind[i]), ""),
            in_window=bool(spoken_of[i]),
            loss=losses.get(i),
        )


def _inside(steps: Steps, of_window: Steady) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which steps the window is of: by their numbers where steps decided it, else those with a part in it."""
    window = of_window.window
    if of_window.first_step is not None and of_window.last_step is not None:
        return np.asarray((steps.number >= of_window.first_step) & (steps.number <= of_window.last_step))
    return np.ones(len(steps), np.bool_) if window is None else window.meets(steps.start_ns, steps.end_ns)


def _losses(
    inside: Scope, process: int, steps: Steps, spoken_of: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> Mapping[int, StepLoss]:
    """The largest loss of each step in the window, by its place among the steps."""
    rows, work = np.flatnonzero(spoken_of), inside.trace.work
    largest = np.zeros(len(rows), np.int64)
    found: dict[int, StepLoss] = {}
    for position in active_devices(inside.trace):
        if not ((work.device == position) & (work.process == process)).any():
            continue
        for owner, rule, lost in _lost(inside, position):
            ns = lost.covered_ns(steps.start_ns[rows], steps.end_ns[rows])
            for i in np.flatnonzero(ns > largest).tolist():
                found[int(rows[i])] = StepLoss(position, owner, rule.cause, rule.title, int(ns[i]))
            largest = np.maximum(largest, ns)
    return found


def _lost(inside: Scope, position: int) -> Iterator[tuple[Owner, Rule, Intervals]]:
    """When one device lost time to each cause."""
    for owner, found in causes_of(inside, position).items():
        stretches = found.stretches
        for number in np.unique(found.rule).tolist():
            own = found.rule == number
            yield owner, found.rules[number], Intervals.of(stretches.start_ns[own], stretches.end_ns[own])
