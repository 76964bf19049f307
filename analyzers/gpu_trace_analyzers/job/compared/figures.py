"""How do the ranks, hosts, owners and groups of a job compare? Sums over ranks, and the few that stand out."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING
from ...questions.bandwidth import pattern_of
from ...vocabulary.losses import Owner
from ..answer import GroupFigures, HostClock, HostFigures, Quantiles, Share
from .rank_ranges import ranges_of
from .told_by_others import told_by_others
from .world import world_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ...model import Int64
    from ..kept.partial import Partial
    from .alike import Alike
    from .matched_job import Job

MOST_LISTED = 32
"""hosts"""


def quantiles(rank: Int64, values: Int64) -> Quantiles | None:
    """Of one value per rank; None without ranks."""
    if not len(values):
        return None
    ordered, last = np.sort(values), len(values) - 1
    least, low, median, high, most = (int(ordered[last * tenth // 10]) for tenth in (0, 1, 5, 9, 10))
    return Quantiles(least, low, median, high, most, int(rank[values == most].min()))


def shares(alike: Alike) -> tuple[Share, ...]:
    """What each owner has of the time of all ranks."""
    kept = alike.job.kept
    if not len(kept.ranks):
        return ()
    more = {owner: told_by_others(alike) if owner is Owner.COLLECTIVE else {} for owner in Owner}
    return tuple(_share(kept, owner, more[owner]) for owner in Owner)


def _share(kept: Partial, owner: Owner, more: Mapping[str, int]) -> Share:
    of_rank = getattr(kept.ranks, f"{owner.value}_ns")
    causes = dict(more)
    losses = kept.losses
    for name, cause, ns in zip(losses.owner.tolist(), losses.cause.tolist(), losses.ns.tolist(), strict=True):
        if kept.text(name) == owner.value:
            causes[kept.text(cause)] = causes.get(kept.text(cause), 0) + ns
    ordered = tuple(sorted(((name, ns) for name, ns in causes.items() if ns), key=lambda each: (-each[1], each[0])))
    found = quantiles(kept.ranks.rank, of_rank)
    assert found is not None, "a job without ranks has no shares"
    return Share(owner.value, int(of_rank.sum()), found, ordered)


def step_of_ranks(job: Job, column: str) -> tuple[Int64, Int64]:
    """Of ranks with steps their places and the lower median of a column of `Steps`, or of ``length_ns``: int64 each."""
    steps = job.kept.steps
    ns = steps.end_ns - steps.start_ns if column == "length_ns" else getattr(steps, column)
    order = np.lexsort((ns, steps.rank))
    ranks, first, count = np.unique(steps.rank[order], return_index=True, return_counts=True)
    return np.searchsorted(job.ranks, ranks), ns[order][first + (count - 1) // 2]


def hosts(job: Job) -> tuple[HostFigures, ...]:
    """Those machines that traces name and that are slowest beside the others, at most `MOST_LISTED`.

    What is compared is a step, so machines without steps are not among them.
    """
    found = []
    each = {column: step_of_ranks(job, column) for column in ("compute_ns", "host_ns", "idle_ns")}
    usual = {column: max(int(np.median(ns)), 1) for column, (_, ns) in each.items() if len(ns)}
    for number, name in enumerate(job.hosts):
        mine = np.flatnonzero(job.host_of == number)
        if job.kept.ranks.host[mine[0]] == MISSING or not np.isin(each["compute_ns"][0], mine).any():
            continue
        figures = {column: _median(ns[np.isin(places, mine)]) for column, (places, ns) in each.items()}
        found.append(HostFigures(name, ranges_of(job.ranks[mine].tolist()), **figures))
    slow = sorted(found, key=lambda row: -max(row.compute_ns / usual["compute_ns"], row.host_ns / usual["host_ns"]))
    return tuple(slow[:MOST_LISTED])


def _median(ns: Int64) -> int:
    return int(np.sort(ns)[(len(ns) - 1) // 2]) if len(ns) else 0


def clocks(job: Job) -> tuple[HostClock, ...]:
    """Those that are least certain, at most `MOST_LISTED`; none of a single machine."""
    if len(job.hosts) < 2:
        return ()
    of, members = job.clocks, np.bincount(job.host_of, minlength=len(job.hosts))
    columns = (of.offset_ns, of.drift_ppb, of.residual_ns, of.uncertainty_ns, of.compared)
    found = [
        HostClock(name, int(members[number]), *(int(column[number]) for column in columns))
        for number, name in enumerate(job.hosts)
    ]
    return tuple(sorted(found, key=lambda row: (row.uncertainty_ns != MISSING, -row.uncertainty_ns))[:MOST_LISTED])


def groups(alike: Alike) -> tuple[GroupFigures, ...]:
    """Of each kind of process groups, over the collectives that several ranks are known to have."""
    kinds, meetings, of = alike.groups, alike.job.meetings, alike.job.kept.collectives
    if not len(meetings):
        return ()
    first = meetings.rows[meetings.first]
    kind = kinds.of(of.group[first])
    several = meetings.size > 1
    world = world_size(alike.job.kept)
    found = []
    for number, each in enumerate(kinds.kinds):
        count = sum(position == number for position in kinds.of_group.values())
        chosen = np.flatnonzero((kind == number) & several)
        late_ns = meetings.size * meetings.most(alike.job.start_ns) - meetings.total(alike.job.start_ns)
        found.append(
            GroupFigures(
                title=each.title(count, world),
                groups=count,
                size=each.size,
                collectives=len(chosen),
                wait_ns=int(late_ns[chosen].sum()),
                transfer_ns=int((alike.transfer_ns * meetings.size)[chosen].sum()),
                bus_gb_per_s=_bus(alike, chosen),
                by_size=tuple(_by_size(alike, chosen)),
            )
        )
    return tuple(sorted(found, key=lambda row: -(row.wait_ns + row.transfer_ns)))


_MOST_SIZES = 8
"""of messages of one kind of group, the commonest"""


def _by_size(alike: Alike, chosen: Int64) -> Iterator[tuple[int, int, float | None]]:
    of, meetings = alike.job.kept.collectives, alike.job.meetings
    size = of.size[meetings.rows[meetings.first[chosen]]]
    sizes, times = np.unique(size[size > 0], return_counts=True)
    for commonest in sorted(np.argsort(-times, kind="stable")[:_MOST_SIZES].tolist()):
        value = int(sizes[commonest])
        yield value, int(times[commonest]), _bus(alike, chosen[size == value])


def _bus(alike: Alike, chosen: Int64) -> float | None:
    """The bus bandwidth in 10^9 bytes per second, of those that all ranks of the group are known to have."""
    of, meetings, kept = alike.job.kept.collectives, alike.job.meetings, alike.job.kept
    first = meetings.rows[meetings.first]
    chosen = chosen[alike.complete[chosen] & (of.size[first[chosen]] > 0)]
    moved, taken_ns = Fraction(0), 0
    for code in np.unique(of.name[first[chosen]]).tolist():
        pattern = pattern_of(kept.text(code))
        rows = chosen[of.name[first[chosen]] == code]
        for ranks in np.unique(meetings.size[rows]).tolist() if pattern else ():
            those = rows[meetings.size[rows] == ranks]
            whole = int(of.size[first[those]].sum()) * (ranks if pattern and pattern.of_each_rank else 1)
            moved += whole * pattern.factor(ranks) if pattern else 0
            taken_ns += int(alike.transfer_ns[those].sum())
    return float(moved / taken_ns) if taken_ns else None
