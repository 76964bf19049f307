"""How much later than the others does each rank come to collectives?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING
from ..answer import Heat

if TYPE_CHECKING:
    from ...model import Int64
    from .matched_job import Job

_MOST_CELLS = 64
"""in each direction of the map"""


@dataclass(frozen=True, slots=True, eq=False)
class Lateness:
    """By how much the last rank comes to each collective later than the last but one."""

    row_ns: Int64
    """(rows,) int64: of the row of that rank; 0 for others, and where clocks do not tell"""
    awaited_ns: Int64
    """(ranks,) int64: of each rank, added up: so much earlier others could have gone on"""
    came_last: Int64
    """(ranks,) int64: to so many collectives"""
    compared: Int64
    """(ranks,) int64: of so many that others have, too"""


def lateness(job: Job) -> Lateness:
    """That of a job."""
    meetings, start_ns = job.meetings, job.start_ns
    several = meetings.size > 1
    order = np.lexsort((start_ns, meetings.of_row))
    behind = (meetings.first + meetings.size - 1)[several]
    last, last_but_one = order[behind], order[behind - 1]
    late_ns = start_ns[last] - start_ns[last_but_one]
    doubt_ns = np.maximum(job.clocks.uncertainty_ns, 0)[job.host_of[job.rank_of]]
    same = job.host_of[job.rank_of[last]] == job.host_of[job.rank_of[last_but_one]]
    late_ns = np.where(same | (late_ns > doubt_ns[last] + doubt_ns[last_but_one]), late_ns, 0)
    row_ns = np.zeros(len(start_ns), np.int64)
    row_ns[last] = late_ns
    ranks = len(job.ranks)
    awaited_ns = np.zeros(ranks, np.int64)
    np.add.at(awaited_ns, job.rank_of[last], late_ns)
    came_last = np.bincount(job.rank_of[last[late_ns > 0]], minlength=ranks)
    compared = np.bincount(job.rank_of[several[meetings.of_row]], minlength=ranks)
    return Lateness(row_ns, awaited_ns, came_last, compared)


def heat(job: Job) -> Heat | None:
    """The map of lateness: ranks and steps; None where no collective of a step can be compared."""
    step = job.kept.collectives.step
    rows = np.flatnonzero(
        (step != MISSING) & (job.kept.collectives.rank != MISSING) & (job.meetings.size[job.meetings.of_row] > 1)
    )
    if not len(rows):
        return None
    first_step, last_step = int(step[rows].min()), int(step[rows].max())
    steps, ranks = last_step - first_step + 1, int(job.ranks.max()) + 1
    steps_each, ranks_each = -(-steps // _MOST_CELLS), -(-ranks // _MOST_CELLS)
    late_ns = np.full((ranks, steps), MISSING)
    late_ns[job.ranks[job.rank_of[rows]], step[rows] - first_step] = 0
    np.add.at(late_ns, (job.ranks[job.rank_of[rows]], step[rows] - first_step), lateness(job).row_ns[rows])
    padded = np.pad(late_ns, ((0, -ranks % ranks_each), (0, -steps % steps_each)), constant_values=MISSING)
    cells = padded.reshape(-1, ranks_each, padded.shape[1] // steps_each, steps_each).transpose(0, 2, 1, 3)
    flat = cells.reshape(*cells.shape[:2], -1)
    most, who = flat.max(axis=2), flat.argmax(axis=2) // steps_each
    rank = np.where(most > 0, who + ranks_each * np.arange(len(cells))[:, None], MISSING)
    names = [_hosts(job, number * ranks_each, (number + 1) * ranks_each) for number in range(len(cells))]
    return Heat(
        first_step=first_step,
        steps_each=steps_each,
        ranks_each=ranks_each,
        hosts=tuple(names),
        late_ns=tuple(map(tuple, most.tolist())),
        late_rank=tuple(map(tuple, rank.tolist())),
    )


def _hosts(job: Job, first: int, end: int) -> str:
    """The machines of ranks ``[first, end)``: ``node1``, ``node1 to node3``; empty where they have no names."""
    codes = job.kept.ranks.host[(job.ranks >= first) & (job.ranks < end)].tolist()
    names = list(dict.fromkeys(job.kept.text(code) for code in codes if code != MISSING))
    return " to ".join(dict.fromkeys((names[0], names[-1]))) if names else ""
