"""Leave out waits of the host: those after which it reads nothing, and those for what it can read later."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ...model import Engine
from ...questions.read_backs import copies_value
from ..expected import expected_plan
from .change import Change

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ..host import HostProgram
    from ..modeled import Modeled


def fewer_waits(model: Modeled) -> Iterator[Change]:
    """Without waits for nothing, and without waits for single values, as of ``.item()``."""
    recorded = model.recorded
    if any(recorded.host.awaited):
        text = "wait only where the host reads a result, and leave out other synchronizing calls"
        yield Change("no_synchronize", "synchronized", text, replace(recorded, host=model.host_by_data))
    value = copies_value(model.part.trace.work[model.part.rows])
    if value.any():
        host = recorded.host.waiting_for(without(recorded.host, np.flatnonzero(value).tolist()))
        text = "read single values (.item()) after the loop, or a step late, so that the host does not wait for them"
        yield Change("late_values", "synchronized", text, replace(recorded, host=host))


def late_results(model: Modeled) -> Iterator[Change]:
    """Without waits for results in larger copies, and copies beside compute.

    Single values are left to `fewer_waits`: the host often decides by them what it launches next. Results stay of which
    the host makes what a later operation reads.
    """
    work = model.part.trace.work[model.part.rows]
    results = (work.engine == Engine.COPY_D2H) & ~copies_value(work) & ~model.known.carried
    planned = expected_plan(model)
    awaited = without(planned.host, np.flatnonzero(results).tolist())
    if awaited != planned.host.awaited:
        text = "read results a step late, if no launch depends on them, so that the host does not wait for their copies"
        yield Change("late_results", "synchronized", text, replace(planned, host=planned.host.waiting_for(awaited)))


def without(host: HostProgram, operations: Collection[int]) -> Sequence[Sequence[int]]:
    """What the host waits for, without some operations. Waits after its last launch are the end of what is timed."""
    left, last = set(operations), int(np.flatnonzero(host.launched >= 0).max(initial=0))
    return [
        [k for k in awaited if k not in left] if place < last else awaited for place, awaited in enumerate(host.awaited)
    ]
