"""What did the device do for each named range? By launch: the range in which the host issued an operation owns it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

from ..errors import UsageError
from ..intervals import without_repetition
from ..model import MISSING
from .grouped import GroupedIntervals, summed
from .issued import launch_order
from .nesting import nesting_depths
from .numbered import PROFILER_STEP, numbered
from .once import once
from .overlap import COMPUTE, active_devices
from .sweep import busy_engines, union

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from ..model import Engine, Int8, Int32, Int64, Ranges, Trace
    from .numbered import Numbered
    from .scope import Scope, Window

_LIKELY = 3
"""Names that are shown where one is not found."""
DEEPEST_OWNER = 32
"""Ranges with as many or more around them own nothing. A script that never pops its ranges opens one in another without
end, and what it launches lay in all of them: as many pairs as the square of its steps (24 GB for 4,000 of them)."""


@dataclass(frozen=True, slots=True)
class RangeFigures:
    """One range on one device; the same name again (in the same domain) is the same range.

    An instance's window reaches from the start of the first operation that it launched to the end of the last.
    ``hidden_copy_ns`` is the part of the range's own copies during which the device computed anything at all, for
    this range or for another.
    """

    name: str
    domain: str
    count: int
    """instances in the processes of the device (those of its rank, else those that launched its work), whether they
    gave it anything to do or not; without a device, those of its rank in processes of no device that has a row"""
    host_ns: int
    """time between the beginnings and the ends of these instances on the host, added up"""
    depth: int
    """how many ranges of its thread it lies in, where it lies in the fewest"""
    device: int | None = None
    """position in ``Trace.devices``; None for instances that gave no device anything to do"""
    rank: int = MISSING
    """of the device, or of the processes of a row without one; `MISSING` outside a distributed job"""
    instances: int = 0
    """in all processes, the same in every row of the range"""
    operations: int = 0
    window_ns: int = 0
    """windows of all instances, added up"""
    median_ns: int = 0
    """median of the windows of those instances that gave the device something to do (of an even number: the lower)"""
    worst_ns: int = 0
    """the longest of them"""
    compute_ns: int = 0
    copy_ns: int = 0
    hidden_copy_ns: int = 0
    step: int | None = None
    """which step of its process it is, in `step_figures`: n of ``ProfilerStep#n``, else counted from 0"""

    @property
    def exposed_copy_ns(self) -> int:
        """Its copying while the device computed nothing."""
        return self.copy_ns - self.hidden_copy_ns


@once
def range_figures(scope: Scope, apart: tuple[str, ...] = ()) -> tuple[RangeFigures, ...]:
    """A row per range and device, in the order in which ranges first began. Marks have no length and are left out.

    Ranges that are named by a count are one, ``iter *``, except names in ``apart``: see `numbered`.

    Instances of processes whose devices a range gave nothing to do are one row for each rank, without a device.

    Of operations that cross an edge of the window the part inside counts, and ranges that do not meet it are left out.
    """
    ranges, names = with_length(scope), range_names(scope, apart)
    merged = names.merged(ranges.name)
    group = _by_name(ranges, merged)
    shown = {g: names.shown.get(code) for g, code in zip(group.tolist(), merged.tolist(), strict=True)}
    rows = _figures(scope, ranges, group)
    return tuple(replace(row, name=shown[g] or row.name) for g, row in rows)


@once
def step_figures(scope: Scope, step_range: str | None = None) -> tuple[RangeFigures, ...]:
    """A row per step and device, in order: each instance of the range of that name (default: ``ProfilerStep#n``).

    Steps are numbered as ``gpu-trace run --steps`` counts them, from the beginning of the trace.

    Raises `UsageError` where the trace has no range of that name.
    """
    trace, ranges = scope.trace, with_length(scope)
    steps = ranges[np.isin(ranges.name, step_codes(scope, step_range))]
    if not len(steps):
        return ()
    number = step_numbers(trace, steps)
    rows = _figures(scope, steps, np.arange(len(steps)))
    return tuple(replace(row, step=number[g]) for g, row in rows)


def step_codes(scope: Scope, step_range: str | None = None) -> list[int]:
    """The codes of the names of steps: those of that very name, else those that are one range under it, ``iter *``.

    Raises `UsageError` where the trace has no range of that name.
    """
    trace, ranges = scope.trace, with_length(scope)
    codes = np.unique(ranges.name).tolist()
    if step_range is None:
        return [code for code in codes if PROFILER_STEP.match(trace.text(code))]
    if step_range in (names := _names(trace)):
        return [code for code in codes if trace.text(code) == step_range]
    found = range_names(scope)
    if step_range not in found.shown.values():
        raise UsageError(f"{trace.source.path}: {no_such_range(step_range, [*names, *found.shown.values()])}")
    return [code for code in codes if found.shown.get(found.code.get(code, MISSING)) == step_range]


def step_numbers(trace: Trace, steps: Ranges) -> list[int]:
    """Of each range its number among the steps of its process: n of ``ProfilerStep#n``, else counted from 0."""
    begun: Counter[int] = Counter()
    numbers = []
    for code, process in zip(steps.name.tolist(), steps.process.tolist(), strict=True):
        name = trace.text(code)
        numbers.append(int(name.partition("#")[2]) if PROFILER_STEP.match(name) else begun[process])
        begun[process] += 1
    return numbers


@once
def range_names(scope: Scope, apart: tuple[str, ...] = ()) -> Numbered:
    """Which names of its ranges are one range; those in ``apart`` stay by themselves."""
    return numbered(scope.trace, with_length(scope), apart)


@once
def buried_ranges(scope: Scope) -> int:
    """How many ranges lie so deep in others that no operation is theirs: mostly those that were never popped."""
    return int((nesting_depths(with_length(scope)) >= DEEPEST_OWNER).sum())


def no_such_range(name: str, names: Collection[str]) -> str:
    """What to say of a name that is not among those of the ranges."""
    if not names:
        return f"no range is named {name!r}; the trace has no ranges"
    shown = ", ".join(repr(other) for other in get_close_matches(name, names, _LIKELY, 0.0))
    return f"no range is named {name!r}; choose another name, {'such as' if len(names) > _LIKELY else 'of'} {shown}"


def _names(trace: Trace) -> list[str]:
    return [trace.text(code) for code in np.unique(trace.ranges.name).tolist()]


@once
def with_length(scope: Scope) -> Ranges:
    """The ranges that count: those with a length, which meet the window."""
    ranges = scope.trace.ranges
    ranges = ranges[ranges.end_ns > ranges.start_ns]
    return ranges if scope.window is None else ranges[scope.window.meets(ranges.start_ns, ranges.end_ns)]


def _by_name(ranges: Ranges, name: Int32) -> Int64:
    """For each range the number of its (domain, name, kind), numbered as they first began."""
    key = np.stack((ranges.domain, name, ranges.kind.astype(np.int32)), axis=1)
    # `np.unique` numbers by value; the first row of each number says in which order they began.
    _, first, group = np.unique(key, axis=0, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[group.reshape(-1)]


def _figures(scope: Scope, ranges: Ranges, group: Int64) -> list[tuple[int, RangeFigures]]:
    """Rows of the groups of ranges, each with the number of its group, in the order of those."""
    trace, window = scope.trace, scope.window
    depth = nesting_depths(ranges)
    owners = np.flatnonzero(depth < DEEPEST_OWNER)
    owner, row = launch_order(trace).inside(ranges[owners])
    instance = owners.astype(np.int32)[owner]
    if window is not None:
        inside = window.meets(trace.work.start_ns[row], trace.work.end_ns[row])
        instance, row = instance[inside], row[inside]
    device = trace.work.device[row]
    on_devices = []
    for d in active_devices(trace):
        on_it = device == d
        if not on_it.any():
            continue
        here = slice(None) if on_it.all() else on_it
        owned = _Owned.of(trace, instance[here], row[here], group, window)
        on_devices.append(_OnDevice(scope, d, owned, group))
    rank = np.array([*(process.rank for process in trace.processes), MISSING], dtype=np.int64)[ranges.process]
    return [
        (g, row)
        for g, members in _members(group)
        for row in _rows(_Group(trace, ranges, members, depth), g, rank[members], on_devices)
    ]


def _rows(group: _Group, g: int, rank: Int64, on_devices: Sequence[_OnDevice]) -> Iterator[RangeFigures]:
    """A row for each device that a group gave work, and one for each rank of its other instances."""
    rest = np.ones(len(rank), dtype=np.bool_)
    for device in on_devices:
        if device.operations[g]:
            own = device.has_process[group.process]
            rest &= ~own
            yield device.row(g, group.named(own))
    for value in np.unique(rank[rest]).tolist():
        yield replace(group.named(rest & (rank == value)), rank=value)


class _Group:
    """The instances of one range."""

    def __init__(self, trace: Trace, ranges: Ranges, members: Int64, depth: Int64) -> None:
        self.name = trace.text(int(ranges.name[members[0]]))
        self.domain = trace.text(int(ranges.domain[members[0]]))
        self.depth = int(depth[members].min())
        self.process = ranges.process[members]
        self.host_ns = ranges.end_ns[members] - ranges.start_ns[members]

    def named(self, own: NDArray[np.bool_]) -> RangeFigures:
        """The row of some of them, without what a device did for them."""
        return RangeFigures(
            name=self.name,
            domain=self.domain,
            count=int(own.sum()),
            host_ns=int(self.host_ns[own].sum()),
            depth=self.depth,
            instances=len(self.process),
        )


def _processes_of(trace: Trace, device: int) -> Int64:
    """Positions of the processes that have this device: those of its rank, and those that launched its work.

    All of them, where neither is known.
    """
    of_its_rank = [
        position
        for position, process in enumerate(trace.processes)
        if process.rank == trace.devices[device].rank != MISSING
    ]
    launchers = np.unique(trace.work.process[trace.work.device == device]).astype(np.int64)
    if not of_its_rank and MISSING in launchers:
        return np.arange(MISSING, len(trace.processes))
    return np.union1d(launchers, np.array(of_its_rank, dtype=np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class _Owned:
    """Operations of ranges on one device, each as often as it has an owner; times are those inside the window."""

    instance: Int32
    group: Int32
    row: Int32
    """in ``Trace.work``"""
    engine: Int8
    start_ns: Int64
    end_ns: Int64

    @classmethod
    def of(cls, trace: Trace, instance: Int32, row: Int32, group: Int64, window: Window | None) -> _Owned:
        """Of pairs (instance, row), with the group of each instance."""
        start_ns, end_ns = trace.work.start_ns[row], trace.work.end_ns[row]
        if window is not None:
            np.maximum(start_ns, window.start_ns, out=start_ns)
            np.minimum(end_ns, window.end_ns, out=end_ns)
        return cls(instance, group.astype(np.int32)[instance], row, trace.work.engine[row], start_ns, end_ns)


class _OnDevice:
    """The figures of all groups on one device."""

    def __init__(self, scope: Scope, device: int, owned: _Owned, group: Int64) -> None:
        trace, groups = scope.trace, int(group.max()) + 1
        copying = _union(owned, scope.copies_on(device))
        computing = union(busy_engines(trace, device), COMPUTE)
        self.device, self.rank = device, trace.devices[device].rank
        self.has_process = np.zeros(len(trace.processes) + 1, dtype=np.bool_)  # the last is that of `MISSING`, -1
        self.has_process[_processes_of(trace, device)] = True
        self.operations = _operations(owned, groups, len(trace.work))
        self.compute_ns = _union(owned, COMPUTE).total_ns(groups)
        self.copy_ns = copying.total_ns(groups)
        hidden = computing.covered_ns(copying.start_ns, copying.end_ns)
        self.hidden_ns = summed(copying.group, hidden, groups)
        self.windows = _windows(owned, group)

    def row(self, g: int, named: RangeFigures) -> RangeFigures:
        """Of one group, which gave this device something to do."""
        windows = self.windows[g]
        return RangeFigures(
            name=named.name,
            domain=named.domain,
            count=named.count,
            host_ns=named.host_ns,
            depth=named.depth,
            device=self.device,
            rank=self.rank,
            instances=named.instances,
            operations=int(self.operations[g]),
            window_ns=int(windows.sum()),
            median_ns=int(windows[(len(windows) - 1) // 2]),
            worst_ns=int(windows[-1]),
            compute_ns=int(self.compute_ns[g]),
            copy_ns=int(self.copy_ns[g]),
            hidden_copy_ns=int(self.hidden_ns[g]),
        )


def _union(owned: _Owned, engines: Collection[Engine]) -> GroupedIntervals:
    these = np.isin(owned.engine, [int(engine) for engine in engines])
    return GroupedIntervals.of(owned.group, owned.start_ns, owned.end_ns, these)


def _operations(owned: _Owned, groups: int, rows: int) -> Int64:
    """(groups,) how many operations each group has, each of them once: instances of one name may nest."""
    # One number for each pair (group, row); those of a group are neighbors.
    key = np.multiply(owned.group, rows, dtype=np.int64)
    key += owned.row
    key.sort()
    pairs = without_repetition(key)
    return np.diff(np.searchsorted(pairs, np.arange(groups + 1) * rows))


def _windows(owned: _Owned, group: Int64) -> dict[int, Int64]:
    """By group, the windows of its instances in order of length."""
    if not len(owned.instance):
        return {}
    by_instance = np.argsort(owned.instance, kind="stable")
    instance = owned.instance[by_instance]
    begin = np.flatnonzero(np.diff(instance, prepend=-1) != 0)
    active = instance[begin]
    # Of each instance from the earliest start to the latest end of its operations.
    first_ns = np.minimum.reduceat(owned.start_ns[by_instance], begin)
    ns = np.maximum.reduceat(owned.end_ns[by_instance], begin) - first_ns
    order = np.lexsort((ns, group[active]))
    return {g: ns[order][members] for g, members in _members(group[active][order])}


def _members(group: Int64) -> Iterator[tuple[int, Int64]]:
    """Each group's number, and the positions of its members in order."""
    order = np.argsort(group, kind="stable")
    numbers, first = np.unique(group[order], return_index=True)
    yield from zip(numbers.tolist(), np.split(order, first[1:]), strict=False)  # of nothing, split makes one part
