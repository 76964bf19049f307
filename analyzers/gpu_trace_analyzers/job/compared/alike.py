"""Which rows of a job should take as long as each other, and how long do they usually take?

Ranks that call the same collective of groups of one kind, with the same number in them, did the same before it. Those
of a pipeline do so in the same stage alone, and others if they call as many collectives in a step.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING
from .calls import calls_per_step
from .group_kinds import GroupKinds, group_kinds
from .pipeline import stage_of_ranks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...model import Int64
    from .matched_job import Job

    Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Alike:
    """The rows of a job by what they should be like."""

    job: Job

    @cached_property
    def groups(self) -> GroupKinds:
        """The kinds of the groups of the job."""
        return group_kinds(self.job.kept)

    @cached_property
    def stage(self) -> Int64:
        """(ranks,) int64: the stage of each rank in a pipeline; `MISSING` where there is none."""
        return stage_of_ranks(self.job.kept, self.groups)

    @cached_property
    def program(self) -> Int64:
        """(ranks,) int64: one number for ranks that call as many collectives of each kind of group in a step.

        Equal numbers of a collective are of equal work only among these: others may have more layers.
        """
        calls = calls_per_step(self.job.kept, self.groups)
        return np.unique(calls, axis=0, return_inverse=True)[1].reshape(-1)

    @cached_property
    def sets(self) -> Sets:
        """The rows that are like others. Sends and receives are not: what is before them differs."""
        of = self.job.kept.collectives
        kind = self.groups.of(of.group)
        rank, number = self.job.rank_of, self.job.numbers.of_row
        columns = np.stack([kind, number, of.name, of.size, self.stage[rank], self.program[rank]])
        return Sets.of(columns, (kind != MISSING) & (number != MISSING) & (of.compute_ns != MISSING))

    @cached_property
    def transfers(self) -> Sets:
        """The meetings that should transfer as long as others: of one kind of group, number of machines, name and size.

        Links between machines are slower than those within one.
        """
        of, meetings = self.job.kept.collectives, self.job.meetings
        first = meetings.rows[meetings.first] if len(meetings) else meetings.first
        kind = self.groups.of(of.group[first])
        return Sets.of(
            np.stack([kind, self.machines, of.name[first], of.size[first]]), (kind != MISSING) & self.complete
        )

    @cached_property
    def machines(self) -> Int64:
        """(meetings,) int64: on how many machines its ranks are."""
        each = np.unique(np.stack((self.job.meetings.of_row, self.job.host_of[self.job.rank_of])), axis=1)
        return np.bincount(each[0], minlength=len(self.job.meetings))

    @cached_property
    def complete(self) -> Mask:
        """(meetings,) bool: whether as many ranks as the group has are known to have come."""
        of, meetings = self.job.kept.collectives, self.job.meetings
        first = meetings.rows[meetings.first] if len(meetings) else meetings.first
        sizes = {code: len(ranks) for code, ranks in self.groups.members.items()}
        size = np.array([sizes.get(code, MISSING) for code in of.group[first].tolist()], np.int64)
        return np.asarray((size != MISSING) & (meetings.size >= size))

    @cached_property
    def transfer_ns(self) -> Int64:
        """(meetings,) int64: from the last arrival to the end, at least 0."""
        job, meetings = self.job, self.job.meetings
        middle = (meetings.least(job.end_ns) + meetings.most(job.end_ns)) // 2
        return np.asarray(np.maximum(middle - meetings.most(job.start_ns), 0))


@dataclass(frozen=True, slots=True, eq=False)
class Sets:
    """Things by the set that each is of; those that are compared to none are left out."""

    count: int
    """of all things"""
    things: Int64
    """those of one set together"""
    first: Int64
    """(sets,) int64: where each begins in ``things``"""
    size: Int64
    """(sets,) int64"""

    @classmethod
    def of(cls, columns: Int64, known: Mask) -> Sets:
        """Those that are equal in all ``columns``, (columns, things), and ``known``, (things,) bool."""
        rows = np.flatnonzero(known)
        order = rows[np.lexsort(columns[::-1, rows])]
        new = np.append([True], (np.diff(columns[:, order], axis=1) != 0).any(axis=0))[: len(order)]
        first = np.flatnonzero(new)
        return cls(columns.shape[1], order, first, np.diff(first, append=len(order)))

    def median(self, ns: Int64) -> Int64:
        """(things,) int64: the lower median of the set of each; its own value for those of no set."""
        number = np.repeat(np.arange(len(self.first)), self.size)
        ordered = ns[self.things][np.lexsort((ns[self.things], number))]
        return self._spread(ns, ordered[self.first + (self.size - 1) // 2])

    def median_of_others(self, ns: Int64, mine: Mask) -> Int64:
        """(things,) int64: the lower median of the set of each without ``mine``; `MISSING` without others."""
        number = np.repeat(np.arange(len(self.first)), self.size)
        others = ~mine[self.things]
        order = np.lexsort((ns[self.things[others]], number[others]))
        count = np.bincount(number[others], minlength=len(self.first))
        middle = np.cumsum(count) - count + (np.maximum(count, 1) - 1) // 2
        ordered = np.append(ns[self.things[others]][order], [MISSING])
        found = np.full(self.count, MISSING)
        found[self.things] = np.repeat(np.where(count > 0, ordered[middle], MISSING), self.size)
        return found

    def mean(self, ns: Int64) -> Int64:
        """(things,) int64: the mean of the set of each, rounded down; its own value for those of no set."""
        sums = np.add.reduceat(ns[self.things], self.first) if len(self.first) else ns[:0]
        return self._spread(ns, sums // np.maximum(self.size, 1))

    @property
    def compared(self) -> Mask:
        """(things,) bool: those of a set of several."""
        found = np.zeros(self.count, np.bool_)
        found[self.things] = np.repeat(self.size > 1, self.size)
        return found

    def _spread(self, ns: Int64, of_set: Int64) -> Int64:
        found = ns.copy()
        found[self.things] = np.repeat(of_set, self.size)
        return found
