"""A job with all that its findings are made of; each part is computed when the first finding asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from .alike import Alike
from .costs import Costs
from .own_time import OwnTimes
from .replay import Replay

if TYPE_CHECKING:
    from .matched_job import Job


@dataclass(frozen=True)
class ComparedJob:
    """What every module of ``findings`` gets."""

    job: Job

    @cached_property
    def alike(self) -> Alike:
        """Its rows, by what they are like."""
        return Alike(self.job)

    @cached_property
    def own(self) -> OwnTimes:
        """How much of its own time each rank took."""
        return OwnTimes(self.alike)

    @cached_property
    def replay(self) -> Replay:
        """Its collectives, to be run again."""
        return Replay(self.job)

    @cached_property
    def costs(self) -> Costs:
        """What it would take less."""
        return Costs(self.replay)
