"""Each rank beside those that did the same: how much of its own time did it take?

A rank is compared by its own time alone: what its GPU computed, what its host took, how long it waited for data. That
others made it late does not show in these, so of ranks that make each other late only the first one is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from ...model import MISSING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...model import Int64
    from .alike import Alike
    from .matched_job import Job, Mask

    Part = Literal["compute_ns", "host_ns", "data_ns"]

APART = 6
"""times the usual distance between ranks: what is farther from the others is not by chance"""
RECURS = 0.25
"""of what a rank takes longer: it does so without the step in which that is most"""
_SIGMA = 1.4826
"""A normal distribution's standard deviation, in medians of the distance from its median."""


@dataclass(frozen=True, slots=True, eq=False)
class Own:
    """What ranks took of one part of their time, (ranks,) int64 each, over the rows that are like others."""

    ns: Int64
    usual_ns: Int64
    """the medians of like rows, added up"""
    excess_ns: Int64
    """by how much rows took longer than that, added up; what others took less is not set off against it"""

    @property
    def ratio(self) -> NDArray[np.float64]:
        """(ranks,) float64: 1 for a rank that takes what others do, and for one of which nothing is known."""
        return np.where(self.usual_ns > 0, self.ns / np.maximum(self.usual_ns, 1), 1.0)

    def stands_out(self, least: float) -> Mask:
        """(ranks,) bool: whose ratio is above that of most ranks by ``least``, and by more than ranks differ."""
        ratio = self.ratio[self.usual_ns > 0]
        if not len(ratio):
            return np.zeros(len(self.ns), np.bool_)
        middle = _lower_median(ratio)
        away = _SIGMA * _lower_median(np.abs(ratio - middle))
        return np.asarray(self.ratio > middle + max(least, APART * away))

    @property
    def by_chance_ns(self) -> int:
        """How much longer than usual half of the ranks took: what a rank costs below that may be chance."""
        known = self.excess_ns[self.usual_ns > 0]
        return int(_lower_median(known)) if len(known) else 0


@dataclass(frozen=True)
class OwnTimes:
    """The own time of the ranks of a job, by rank and by row of ``kept.collectives``."""

    alike: Alike

    @property
    def job(self) -> Job:
        """That whose ranks are compared."""
        return self.alike.job

    @cached_property
    def compute(self) -> Own:
        """What GPUs computed."""
        return self._own("compute_ns")

    @cached_property
    def host(self) -> Own:
        """The hosts' own time."""
        return self._own("host_ns")

    @cached_property
    def data(self) -> Own:
        """How long hosts waited for data."""
        return self._own("data_ns")

    def _own(self, part: Part) -> Own:
        ns, usual_ns = getattr(self.job.kept.collectives, part), self.usual_ns(part)
        known = self.alike.sets.compared
        rank = self.job.rank_of[known]
        columns = ns[known], usual_ns[known], np.maximum(ns - usual_ns, 0)[known]
        return Own(*(_sums(rank, column, len(self.job.ranks)) for column in columns))

    def usual_ns(self, part: Part) -> Int64:
        """(rows,) int64: what rows that are like each usually took; their own time, where there are no others."""
        return self.alike.sets.median(getattr(self.job.kept.collectives, part))

    def excess_ns(self, part: Part, ranks: Mask, usual: float = 1.0) -> Int64:
        """(rows,) int64: by how much the rows of some ranks took longer than ``usual`` times what is usual."""
        ns, usual_ns = getattr(self.job.kept.collectives, part), self.usual_ns(part)
        if usual != 1.0:
            usual_ns = (usual_ns * usual).astype(np.int64)
        return np.where(ranks[self.job.rank_of] & self.alike.sets.compared, np.maximum(ns - usual_ns, 0), 0)

    def recurs(self, part: Part) -> Mask:
        """(ranks,) bool: who takes longer in more than one step: a single one may be by chance.

        Where fewer than two steps are compared, that is not known, and all do.
        """
        step, excess_ns = self.job.kept.collectives.step, self.excess_ns(part, np.ones(len(self.job.ranks), np.bool_))
        rows = np.flatnonzero(self.alike.sets.compared & (step != MISSING))
        steps, place = np.unique(step[rows], return_inverse=True)
        if len(steps) <= 1:
            return np.ones(len(self.job.ranks), np.bool_)
        of_step = np.zeros((len(self.job.ranks), len(steps)), np.int64)
        np.add.at(of_step, (self.job.rank_of[rows], place.reshape(-1)), excess_ns[rows])
        in_all, most = of_step.sum(axis=1), of_step.max(axis=1)
        return np.asarray(in_all - most >= RECURS * in_all)


def _sums(rank: Int64, ns: Int64, ranks: int) -> Int64:
    found = np.zeros(ranks, np.int64)
    np.add.at(found, rank, ns)
    return found


def _lower_median(values: NDArray[np.float64] | Int64) -> float:
    return float(np.sort(values)[(len(values) - 1) // 2])
