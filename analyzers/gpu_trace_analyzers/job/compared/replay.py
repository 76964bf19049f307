"""What would the job take if some ranks had taken less of their own time? Its collectives, run again.

A collective ends on all of its ranks when the last has come, after the transfer that it took. A rank comes to it when
what it came after has ended (`chains`) and it has taken its own time. How much later than that it came is kept, so with
nothing changed every time is as recorded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...model import Int64
    from .matched_job import Job

_NEVER = -(1 << 62)


@dataclass(frozen=True, slots=True, eq=False)
class Less:
    """By how much less each collective of a job came after: (rows,) int64 of ns, negative for more."""

    compute_ns: Int64
    """of what was computed since the collective before it in the order of launches"""
    host_ns: Int64
    """of the host's time, waiting for data included"""
    transfer_ns: Int64
    """(meetings,) int64: of the transfer"""
    delay_ns: Int64
    """of the time between when it could begin and when it did"""

    @classmethod
    def nothing(cls, job: Job) -> Less:
        """All as recorded."""
        rows, meetings = len(job.kept.collectives), len(job.meetings)
        return cls(*(np.zeros(count, np.int64) for count in (rows, rows, meetings, rows)))

    def with_(self, **columns: Int64) -> Less:
        """The same with other columns."""
        return replace(self, **columns)


@dataclass(frozen=True)
class Replay:
    """The collectives of a job with what each came after, as rows of all ranks."""

    job: Job

    def job_ns(self, less: Less) -> int:
        """What the job would take, from the begin of the first step that is compared to the end of the last."""
        if not len(self.job.rank_of):
            return self.recorded_ns
        gained_ns = self._earlier(less)
        last = self.job.first_row + np.bincount(self.job.rank_of, minlength=len(self.job.ranks)) - 1
        some = np.flatnonzero(last >= self.job.first_row)
        ended_ns = self._ended_ns.copy()
        ended_ns[some] -= gained_ns[last[some]]
        return int(ended_ns.max()) - self._began_ns

    @cached_property
    def recorded_ns(self) -> int:
        """What it took."""
        return int(self._ended_ns.max()) - self._began_ns if len(self._ended_ns) else 0

    @cached_property
    def _began_ns(self) -> int:
        job, steps = self.job, self.job.kept.steps
        host = job.host_of[np.searchsorted(job.ranks, steps.rank)]
        edges = [job.clocks.corrected(steps.start_ns, host), job.start_ns]
        return min((int(edge.min()) for edge in edges if len(edge)), default=0)

    @cached_property
    def _ended_ns(self) -> Int64:
        """(ranks,) int64: the end of the last step of each, or of its last collective."""
        job, steps = self.job, self.job.kept.steps
        place = np.searchsorted(job.ranks, steps.rank)
        found = np.full(len(job.ranks), self._began_ns)
        np.maximum.at(found, place, job.clocks.corrected(steps.end_ns, job.host_of[place]))
        np.maximum.at(found, job.rank_of, job.end_ns)
        return found

    # What each row came after ---------------------------------------------------------------------------------------

    def _rows(self, places: Int64) -> Int64:
        """The rows at these places of the ranks of all rows; `MISSING` stays."""
        return np.where(places == MISSING, MISSING, self.job.first_row[self.job.rank_of] + places)

    @cached_property
    def _after(self) -> tuple[Int64, Int64, Int64]:
        of = self.job.kept.collectives
        return self._rows(of.behind), self._rows(of.released_by), self._rows(of.host_released_by)

    @cached_property
    def _resumed_ns(self) -> Int64:
        return self._corrected(self.job.kept.collectives.resumed_ns)

    def _corrected(self, at_ns: Int64) -> Int64:
        host = self.job.host_of[self.job.rank_of]
        return np.where(at_ns == MISSING, _NEVER, self.job.clocks.corrected(at_ns, host))

    @cached_property
    def _by_launch(self) -> Int64:
        """The rows by rank and launch."""
        return np.lexsort((self._launched_ns, self.job.rank_of))

    @cached_property
    def _launched_ns(self) -> Int64:
        return self._corrected(self.job.kept.collectives.launched_ns)

    def _sums(self, ns: Int64) -> Int64:
        """(rows + 1,) int64: what came before each row in the order of launches of all ranks."""
        return np.append([0], np.cumsum(ns[self._by_launch]))

    @cached_property
    def _launch_place(self) -> Int64:
        """(rows,) int64: the place of each row in the order of launches."""
        place = np.empty(len(self._by_launch), np.int64)
        place[self._by_launch] = np.arange(len(place))
        return place

    @cached_property
    def _host_span(self) -> tuple[Int64, Int64]:
        """(rows,) int64 each: the launches that the host made between what released it and the one it resumed with."""
        job = self.job
        began = np.empty(len(job.rank_of), np.int64)
        resumed = np.empty_like(began)
        released = self._after[2]
        woke_ns = np.where(released == MISSING, _NEVER, job.end_ns[released] if len(job.end_ns) else released)
        for first, rows in zip(job.first_row.tolist(), self._of_ranks, strict=True):
            own = self._launched_ns[self._by_launch[rows]]
            began[rows] = first + np.searchsorted(own, woke_ns[rows], side="right")
            resumed[rows] = first + np.minimum(np.searchsorted(own, self._resumed_ns[rows]) + 1, len(own))
        return began, np.maximum(resumed, began)

    @cached_property
    def _of_ranks(self) -> Sequence[slice]:
        ends = np.append(self.job.first_row[1:], [len(self.job.rank_of)]).tolist()
        return [slice(first, end) for first, end in zip(self.job.first_row.tolist(), ends, strict=True)]

    @cached_property
    def _levels(self) -> Sequence[Int64]:
        """The rows by how many collectives they come after: those of one meeting together."""
        meetings, after = self.job.meetings, np.stack(self._after)
        order = np.argsort(meetings.most(self.job.end_ns), kind="stable")
        level = np.zeros(len(meetings) + 1, np.int64)  # the last is of what comes after nothing
        before = np.where(after == MISSING, len(meetings), meetings.of_row[after] if after.size else after)
        for meeting in order.tolist():
            rows = meetings.rows[meetings.first[meeting] :][: meetings.size[meeting]]
            level[meeting] = level[before[:, rows]].max() + 1
        rows = np.argsort(level[meetings.of_row], kind="stable")
        return np.split(rows, np.flatnonzero(np.diff(level[meetings.of_row][rows])) + 1) if len(rows) else []

    # Running them again ---------------------------------------------------------------------------------------------

    def _earlier(self, less: Less) -> Int64:
        """(rows,) int64: how much earlier the rank would leave each collective."""
        job, meetings = self.job, self.job.meetings
        earlier = np.zeros(len(job.rank_of), np.int64)
        compute, host = self._sums(less.compute_ns), self._sums(less.host_ns)
        began, resumed = self._host_span
        host_less = host[resumed] - host[began]
        released = self._after[1]
        behind = np.where(released == MISSING, job.first_row[job.rank_of], self._launch_place[released] + 1)
        device_less = compute[self._launch_place + 1] - compute[np.minimum(behind, self._launch_place + 1)]
        come_ns = self._come(np.zeros_like(earlier), host_less * 0, device_less * 0)
        delay_ns = job.start_ns - come_ns
        last_ns = meetings.most(job.start_ns)[meetings.of_row]
        waits = job.end_ns > last_ns
        gain = np.zeros(len(meetings), np.int64)
        for rows in self._levels:
            new_ns = self._come(earlier, host_less, device_less, rows) + (delay_ns - less.delay_ns)[rows]
            of = meetings.of_row[rows]
            latest = np.full(len(meetings), _NEVER)
            np.maximum.at(latest, of, new_ns)
            gain[of] = last_ns[rows] - latest[of] + less.transfer_ns[of]
            earlier[rows] = np.where(waits[rows], gain[of], job.start_ns[rows] - new_ns)
        return earlier

    def _come(self, earlier: Int64, host_less: Int64, device_less: Int64, rows: Int64 | slice = slice(None)) -> Int64:
        """When these rows could begin."""
        of, end_ns = self.job.kept.collectives, self.job.end_ns
        behind, released, woken = (after[rows] for after in self._after)
        share = np.minimum(device_less[rows], of.device_ns[rows])
        tail_less = share * of.tail_ns[rows] // np.maximum(of.device_ns[rows], 1)
        tail_less = np.where(of.device_ns[rows] >= of.tail_ns[rows], tail_less, share)
        by_stream = np.where(behind == MISSING, _NEVER, end_ns[behind] - earlier[behind])
        by_device = np.where(
            released == MISSING, _NEVER, end_ns[released] - earlier[released] + of.device_ns[rows] - share
        )
        host_earlier = host_less[rows] + np.where(woken == MISSING, 0, earlier[woken])
        by_host = self._resumed_ns[rows] - host_earlier + of.tail_ns[rows] - tail_less
        by_host = np.where(of.resumed_ns[rows] == MISSING, _NEVER, by_host)
        come_ns = np.maximum(np.maximum(by_stream, by_device), by_host)
        return np.where(come_ns <= _NEVER // 2, self.job.start_ns[rows], come_ns)
