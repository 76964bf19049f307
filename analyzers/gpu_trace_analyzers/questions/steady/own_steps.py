"""The steps of a window that one device ran: those of the process that launched its work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...intervals import Intervals
from .kinds import kinds
from .steps import found_steps

if TYPE_CHECKING:
    from ...model import Int64
    from ..scope import Scope
    from .steps import Steps
    from .window import Steady


def own_steps(scope: Scope, position: int, steady: Steady, step_range: str | None) -> tuple[Steps, Int64] | None:
    """Those that one device ran in a window of steps, in order, and (steps,) the kind of each as `kinds` numbers it.

    None where steps did not decide the window, or where not exactly one process with steps launched work of the device.
    """
    found = found_steps(scope, step_range) if steady.first_step is not None and steady.window is not None else None
    if found is None or steady.window is None:
        return None
    steps, work = found.steps, scope.trace.work
    processes = np.intersect1d(steps.process, work.process[work.device == position])
    if len(processes) != 1:
        return None
    inside = (steps.start_ns < steady.window.end_ns) & (steps.end_ns > steady.window.start_ns)
    rows = np.flatnonzero((steps.process == processes[0]) & inside)
    return steps[rows], kinds(scope, step_range).kind[rows]


def on_device(steps: Steps) -> Intervals:
    """When the devices ran some steps of one process."""
    return Intervals.of(steps.start_ns, steps.end_ns)
