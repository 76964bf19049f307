"""What would a job take less without something, and by how much may that be wrong?"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from .replay import Less

if TYPE_CHECKING:
    from ...model import Int64
    from .matched_job import Job
    from .replay import Replay

REPLAY_ERROR = Fraction(1, 4)
"""of a cost: what ``scripts/fleet-truth`` had found was 0.81 to 1.22 of the truth"""


@dataclass(frozen=True)
class Costs:
    """Of a job, over the steps that are compared."""

    replay: Replay

    @property
    def job(self) -> Job:
        """That which is run again."""
        return self.replay.job

    def saved_ns(self, **less: Int64) -> int:
        """What the job would take less with ``less`` of `Less`; 0 at least."""
        return max(self.replay.recorded_ns - self.replay.job_ns(Less.nothing(self.job).with_(**less)), 0)

    @cached_property
    def steps(self) -> int:
        """How many steps are compared."""
        return max(int(self.job.kept.ranks.steps.max(initial=0)), 1)

    @property
    def each_step(self) -> str:
        """What a time divided by ``steps`` is: ``per step``, or ``in all`` where no steps were found."""
        return "per step" if self.job.kept.ranks.steps.max(initial=0) > 0 else "in all"

    @cached_property
    def clock_error_ns(self) -> int:
        """By how much a cost may be wrong because clocks are: a rank may have come so much later to each step.

        Where no steps were found, to each collective.
        """
        found = self.job.kept.ranks.steps.max(initial=0) > 0
        times = self.steps if found else int(np.bincount(self.job.rank_of, minlength=1).max())
        return times * int(self.job.clocks.uncertainty_ns.max(initial=0))

    def error_ns(self, cost_ns: int, by_chance_ns: int = 0) -> int:
        """By how much a cost that the replay gave may be wrong: by the clocks, by chance, and by the replay itself."""
        return self.clock_error_ns + by_chance_ns + int(cost_ns * REPLAY_ERROR)
