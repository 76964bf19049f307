"""One view of a part of a recording: its plan as recorded, the host, and how much operations slow each other down.

There are three: what is expected, and the two ends of what is not certain, the cost of recording and the contention.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .contended import alone_ns, contended
from .host import host_by_data
from .recording_cost import without_recording
from .replay import recorded_plan
from .servers import before_each, engine_of_each, shares

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    from ..dependencies.edges import Dependencies
    from ..model import Int64
    from .contended import Slowdown
    from .doubts import Belief
    from .host import HostProgram
    from .schedule import Plan, Times
    from .window import Part


@dataclass(frozen=True, slots=True, eq=False)
class Modeled:
    """What remedies change."""

    part: Part
    known: Dependencies
    recorded: Plan
    """as recorded and with the true dependencies, with the durations that operations have with nothing beside them"""
    needs: Sequence[Sequence[int]]
    """the true dependencies of each operation"""
    engine: Int64
    """the engine of a device that each occupies, as a number: (n,)"""
    host_by_data: HostProgram
    """the host where it waits for data alone"""
    slowdown: Slowdown
    share: NDArray[np.float64]
    """the part of its engine that each operation fills: (n,)"""
    answers: dict[Hashable, Any] = field(default_factory=dict, repr=False)
    """of what was asked of it, see `questions.once`"""

    def times(self, plan: Plan) -> Times:
        """When the operations of a plan run, beside each other."""
        return contended(plan, self.engine, self.slowdown)


def modeled(part: Part, known: Dependencies, belief: Belief) -> Modeled:
    """A part of a recording as one believes that it is."""
    plan, engine, slowdown = recorded_plan(part), engine_of_each(part), belief.slowdown
    plan = replace(plan, host=_host(part, plan.host, belief))
    by_data = _host(part, host_by_data(part, known), belief)
    work = part.trace.work[part.rows]
    alone = np.rint(alone_ns(work.start_ns, work.end_ns, engine, slowdown) * belief.device).astype(np.int64)
    needs = before_each(known)
    # Where a wait of the host kept an order in the recording, only the dependency keeps it without that wait.
    before = [[*seen, *needed] for seen, needed in zip(plan.before, needs, strict=True)]
    plan = replace(plan, duration_ns=alone, before=before)
    return Modeled(part, known, plan, needs, engine, by_data, slowdown, shares(part))


def _host(part: Part, recorded: HostProgram, belief: Belief) -> HostProgram:
    return without_recording(part, recorded, belief.cost).scaled(belief.launching, belief.computing)
