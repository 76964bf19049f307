"""Which rows of several ranks are one collective? And when did each rank come to it?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING, Engine
from .once import once

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..model import Int64, Trace

    Collectives = Mapping[int, "Int64"]
    """rows of ``Trace.work`` of each rank, in the order of their ends"""

_ALL_RANKS = re.compile(r"\[[\d, ]*\]$")
SEVERAL = -2
"""in place of a rank: several came together"""
_MOST_WITHOUT_DOUBT = 2
"""ranks: any process group of more than one of them is the same two"""


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """The collectives of one process group that all its recorded ranks have, in the order of the first rank's ends."""

    trace: Trace
    ranks: tuple[int, ...]
    rows: Int64
    """(ranks, collectives) int64: of each rank its row of ``Trace.work``"""
    numbered: bool
    """matched by a number in their group; else by names, order and times"""
    whole: bool
    """no rank of the group is known to be missing from the recording"""
    stated: bool
    """whether the recording says which or how many ranks there are; else others than the recorded ones may exist"""

    @property
    def arrived_ns(self) -> Int64:
        """(ranks, collectives) int64: when each rank began each collective."""
        return np.asarray(self.trace.work.start_ns[self.rows])

    @property
    def ended_ns(self) -> Int64:
        """(ranks, collectives) int64: when each rank left each collective."""
        return np.asarray(self.trace.work.end_ns[self.rows])

    @property
    def apart_ns(self) -> int:
        """How far apart ranks leave a collective, in the median: lateness up to that may be the clocks'."""
        apart = np.ptp(self.ended_ns, axis=0) if self.rows.size else np.zeros(1, np.int64)
        return int(np.sort(apart)[(len(apart) - 1) // 2])

    @property
    def together(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """(collectives,) bool: which of them are surely one on all ranks, by their number or by their ends.

        Without a number, what one rank goes on with for longer than all were in it is another operation: of several
        that send and receive at once, all have one name.
        """
        ended_ns = self.ended_ns
        shared_ns = ended_ns.min(axis=0) - self.arrived_ns.max(axis=0)
        return np.asarray(self.numbered | (np.ptp(ended_ns, axis=0) <= np.maximum(shared_ns, self.apart_ns)))

    @property
    def late_ns(self) -> Int64:
        """(ranks, collectives) int64: how much later each rank came than the last of the others; negative: earlier."""
        arrived_ns = self.arrived_ns
        if len(arrived_ns) < 2:
            return np.zeros(arrived_ns.shape, np.int64)
        *_, last_but_one, last = np.sort(arrived_ns, axis=0)
        return np.asarray(arrived_ns - np.where(arrived_ns == last, last_but_one, last))


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """For each row of ``Trace.work``: the last arrival at that collective. `MISSING` in every column if not known."""

    last_ns: Int64
    """when the last of the recorded ranks began it"""
    last_rank: Int64
    """that rank; `SEVERAL` if others came within `Matched.apart_ns` of it; `MISSING` for those that did"""
    whole: np.ndarray[tuple[int], np.dtype[np.bool_]]
    """whether no rank of its group is known to be missing, so that nothing else was waited for from then on"""
    stated: np.ndarray[tuple[int], np.dtype[np.bool_]]
    """whether the recording says which ranks its group has"""
    ranks: Int64
    """how many ranks its group has"""


def ranks_of(trace: Trace) -> tuple[int, ...]:
    """The ranks that have devices, in order."""
    return tuple(sorted({device.rank for device in trace.devices if device.rank >= 0}))


@once
def matched(trace: Trace) -> tuple[Matched, ...]:
    """Of each process group the collectives that its recorded ranks share; none where fewer than two were recorded.

    Clocks of ranks must be aligned. Of a group of which one rank alone was recorded nothing is matched.
    """
    ranks = ranks_of(trace)
    if len(ranks) < 2:
        return ()
    collectives = _collectives(trace, ranks)
    found = []
    for group, of_group in _by_group(trace, collectives):
        rows = _common(trace, list(of_group.values()))
        numbered = all(_numbered(trace, own) for own in of_group.values())
        whole, stated = _is_whole(trace, group, set(of_group)), bool(_listed(group) or _sizes(trace))
        found.append(Matched(trace, tuple(of_group), rows, numbered, whole, stated))
    return tuple(found)


@once
def arrivals(trace: Trace) -> Arrivals:
    """When the last rank came to each collective.

    Nothing is known of a row that ended before the last rank came, because it did not wait for that rank (the sender
    of a broadcast); of one that is not surely the same on all ranks; of any, where process groups have no names and may
    be several.
    """
    count, groups = len(trace.work), () if in_doubt(trace) else matched(trace)
    if not groups:
        unknown, no = np.broadcast_to(np.int64(MISSING), count), np.broadcast_to(np.bool_(False), count)
        return Arrivals(unknown, unknown, no, no, unknown)  # that take no room
    last_ns, last_rank, ranks = (np.full(count, MISSING) for _ in range(3))
    whole, stated = np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_)
    for group in groups:
        if not group.rows.size:
            continue
        arrived_ns = group.arrived_ns
        latest_ns = arrived_ns.max(axis=0)
        with_last = latest_ns - arrived_ns <= group.apart_ns
        latest = np.where(with_last.sum(axis=0) > 1, SEVERAL, np.array(group.ranks)[arrived_ns.argmax(axis=0)])
        waited = (group.ended_ns > latest_ns) & group.together
        rows = group.rows[waited]
        last_ns[rows] = np.broadcast_to(latest_ns, waited.shape)[waited]
        last_rank[rows] = np.where(with_last, MISSING, latest)[waited]
        whole[rows], stated[rows], ranks[rows] = group.whole, group.stated, len(group.ranks)
    return Arrivals(last_ns, last_rank, whole, stated, ranks)


@once
def in_doubt(trace: Trace) -> bool:
    """Whether collectives of groups that have no names are on several streams: mostly, each group has its own."""
    work, collectives = trace.work, _collectives(trace, ranks_of(trace))
    unnamed = all((work.group[rows] == MISSING).all() for rows in collectives.values())
    several = any(len(np.unique(work.stream[rows])) > 1 for rows in collectives.values())
    return unnamed and several and len(collectives) > _MOST_WITHOUT_DOUBT


def _collectives(trace: Trace, ranks: Sequence[int]) -> Collectives:
    work, of_device = trace.work, np.array([device.rank for device in trace.devices] or [MISSING], dtype=np.int64)
    every = np.flatnonzero(work.engine == Engine.COLLECTIVE)
    every = every[np.lexsort((work.start_ns[every], work.end_ns[every]))]
    rank = of_device[work.device[every]]
    return {each: every[rank == each] for each in ranks}


def _by_group(trace: Trace, collectives: Collectives) -> Iterator[tuple[str, Collectives]]:
    """Of each process group the collectives of those of its ranks that were recorded.

    Where some collectives name their group, the others are left out: they were launched before that was recorded.
    """
    of = trace.work.group
    groups = {int(code) for rows in collectives.values() for code in np.unique(of[rows])}
    for group in sorted(groups - {MISSING}) or groups:
        listed = _listed(trace.text(group))
        found = {rank: rows[of[rows] == group] for rank, rows in collectives.items()}
        own = {rank: rows for rank, rows in found.items() if len(rows) or group == MISSING or rank in listed}
        yield trace.text(group), own


def _listed(group: str) -> set[int]:
    """The ranks that belong to it: of ``"1 [0, 2]"`` 0 and 2; none where the text does not list them all."""
    found = _ALL_RANKS.search(group)
    return {int(rank) for rank in re.findall(r"\d+", found[0])} if found else set()


def _is_whole(trace: Trace, group: str, recorded: set[int]) -> bool:
    """Whether no further rank is known to belong to the group, by its list of ranks or by the size of the job.

    Of a recording that states neither, nothing is known to be missing: `Matched.stated` tells it apart.
    """
    listed = _listed(group)
    if listed:
        return listed <= recorded
    return max(_sizes(trace), default=len(recorded)) <= len(recorded) and "..." not in group


def _sizes(trace: Trace) -> list[int]:
    """The sizes that processes state of their job."""
    return [process.world_size for process in trace.processes if process.world_size != MISSING]


def _common(trace: Trace, collectives: Sequence[Int64]) -> Int64:
    """(ranks, collectives) int64: the rows of each collective that all ranks of a group have."""
    first, *others = collectives
    if not others:  # of a group of which one rank alone was recorded, nothing is known
        return np.zeros((1, 0), np.int64)
    matches = [_matched(trace, first, other) for other in others]
    common = [row for row in range(len(first)) if all(row in match for match in matches)]
    rows = [first[common]]
    rows += [other[[match[row] for row in common]] for other, match in zip(others, matches, strict=True)]
    return np.stack(rows).astype(np.int64)


def _matched(trace: Trace, first: Int64, other: Int64) -> dict[int, int]:
    """For rows of one rank the row of the other that is the same collective, both by their places in the columns.

    It has the same number. Where one of the ranks does not number them, it has the same name, and both were in it at
    once for most of the time that the later of the two was. So what only one rank recorded, because its recording began
    earlier, has no match.
    """
    ours, theirs = _numbered(trace, first), _numbered(trace, other)
    if ours and theirs:
        return {row: theirs[number] for number, row in ours.items() if number in theirs}
    return _matched_by_time(trace, first, other)


def _numbered(trace: Trace, rows: Int64) -> dict[int, int]:
    """The place of each collective, by its number in the group; none where a number is there twice."""
    sequence = trace.work.sequence[rows]
    places = np.flatnonzero(sequence != MISSING).tolist()
    found = dict(zip(sequence[places].tolist(), places, strict=True))
    return found if len(found) == len(places) else {}


def _matched_by_time(trace: Trace, first: Int64, other: Int64) -> dict[int, int]:
    # Walk both in order of their ends. Of two that do not match, the one that ends first has no match.
    found: dict[int, int] = {}
    ours, theirs = _spans(trace, first), _spans(trace, other)
    i = j = 0
    while i < len(ours) and j < len(theirs):
        (a, a_end, a_name), (b, b_end, b_name) = ours[i], theirs[j]
        if a_name == b_name and 2 * (min(a_end, b_end) - max(a, b)) > min(a_end - a, b_end - b):
            found[i] = j
            i, j = i + 1, j + 1
        elif a_end <= b_end:
            i += 1
        else:
            j += 1
    return found


def _spans(trace: Trace, rows: Int64) -> list[tuple[int, int, int]]:
    work = trace.work
    return list(zip(work.start_ns[rows].tolist(), work.end_ns[rows].tolist(), work.name[rows].tolist(), strict=True))
