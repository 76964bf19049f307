"""Each rank beside those that did the same: how much of its own time it took, and what the job would take with theirs.

A rank is compared by its own time alone: what its GPU computed, what its host took, how long it waited for data. That
others made it late does not show in these, so of ranks that make each other late only the first one is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from ...model import MISSING
from .alike import Alike
from .replay import Less, Replay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ...model import Int64
    from .matched_job import Job

    Part = Literal["compute_ns", "host_ns", "data_ns"]
    Mask = NDArray[np.bool_]

MOST_ALONE = 8
"""findings of one kind"""
APART = 6
"""times the usual distance between ranks: what is farther from the others is not by chance"""
REPLAY_ERROR = Fraction(1, 4)
"""of a cost: what ``scripts/fleet-truth`` had found was 0.81 to 1.22 of the truth"""
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
class Compared:
    """What the findings of a job are made of."""

    job: Job

    @cached_property
    def alike(self) -> Alike:
        """Its rows, by what they are like."""
        return Alike(self.job)

    @cached_property
    def replay(self) -> Replay:
        """Its collectives, to be run again."""
        return Replay(self.job)

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

    def alone_or_together(self, stand_out: Mask) -> Iterator[Mask]:
        """(ranks,) bool each: the ranks that a finding is of. Each is alone, except those of a machine of which all do.

        Many are one finding, because it is then no single one that is to be replaced.
        """
        found = []
        for number in np.unique(self.job.host_of[stand_out]).tolist():
            own = self.job.host_of == number
            whole = stand_out[own].all() and own.sum() > 1
            places = np.flatnonzero(own & stand_out)
            found += [own] if whole else [np.arange(len(own)) == place for place in places.tolist()]
        yield from found if len(found) <= MOST_ALONE else [stand_out]

    def machines(self, ranks: Mask) -> list[str]:
        """The machines of these ranks, in order."""
        return [self.job.hosts[number] for number in np.unique(self.job.host_of[ranks]).tolist()]

    def hosts_named(self, ranks: Mask) -> bool:
        """Whether the machine of each of these ranks is known."""
        return bool((self.job.kept.ranks.host[ranks] != MISSING).all())

    def host_name(self, ranks: Mask) -> str:
        """The machine of these ranks, where they are of one that has a name; else empty."""
        codes = np.unique(self.job.kept.ranks.host[ranks]).tolist()
        return self.job.kept.text(codes[0]) if len(codes) == 1 else ""


def _sums(rank: Int64, ns: Int64, ranks: int) -> Int64:
    found = np.zeros(ranks, np.int64)
    np.add.at(found, rank, ns)
    return found


def _lower_median(values: NDArray[np.float64] | Int64) -> float:
    return float(np.sort(values)[(len(values) - 1) // 2])
