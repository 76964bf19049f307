"""Which ranges of the host mark steps? ``ProfilerStep#n``, a range of that name, one that repeats, the optimizer's.

A range repeats if one thread enters it at least `LEAST` times, launches work each of these times and never enters it
inside itself. It is a step only if more than half of what its process launched was launched in it: ``backward`` or
``data`` alone do not say what a step is. Of several, names that say that they are steps come first (a range of epochs
lies around that of steps, those of layers lie in it), then the one with more launches in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...domains import is_library
from ..issued import launch_order
from ..launches import launches
from ..once import once
from ..ranges import range_names, step_codes, with_length

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ...model import Int64
    from ..scope import Scope

LEAST = 3
"""Instances from which a range repeats."""
PROFILER_STEPS = "ProfilerStep#*"
_OPTIMIZER_STEP = "Optimizer.step#"
"""How PyTorch names the range of each ``Optimizer.step``."""
_SAYS_STEP = re.compile(r"(?<![a-z])(step|iter|iteration|batch)(?![a-z])", re.IGNORECASE)
_PART_OF_STEP = re.compile(r"nccl:|\w+::|Optimizer\.|enumerate\(")
"""Names that PyTorch gives to ranges of operators, collectives and loaders: never a whole step."""


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """The ranges that mark steps: of each process those of one thread, none inside another."""

    name: str
    rows: Int64
    """positions in the ranges `with_length`, in order of their processes and starts"""
    between: bool = False
    """a step is the time from one of them to the next; else each of them is a step"""
    certain: bool = False
    """their name says that they are steps, or the user does; else they are only if most of them do the same"""


@once
def marks(scope: Scope, step_range: str | None = None) -> Marks | None:
    """Those of a trace; None where no range is certain to be a step.

    Raises `UsageError` where no range has the name of ``step_range``.
    """
    if step_range is not None:
        return _named(scope, step_range, step_codes(scope, step_range), 1)
    return (
        _named(scope, PROFILER_STEPS, step_codes(scope), 2)
        or _of_group(scope, _repeating(scope), between=False)
        or _of_group(scope, _optimizer(scope), between=True)
    )


def _named(scope: Scope, name: str, codes: Sequence[int], least: int) -> Marks | None:
    """The ranges with these codes for names, of the thread of each process that launched most in them."""
    ranges = with_length(scope)
    _, launched = launch_order(scope.trace).firsts(ranges)
    own = np.isin(ranges.name, codes) & (launched > 0)
    found = [
        _most(scope, np.flatnonzero(own & (ranges.process == p)), launched) for p in np.unique(ranges.process[own])
    ]
    rows = np.concatenate([np.zeros(0, dtype=np.int64), *(each for each in found if len(each) >= least)])
    return Marks(name, rows, certain=True) if len(rows) else None


def _most(scope: Scope, rows: Int64, launched: Int64) -> Int64:
    """Those of the thread with most launches in them, without those that lie in another of them."""
    ranges = with_length(scope)
    threads, which = np.unique(ranges.thread[rows], return_inverse=True)
    in_threads = np.zeros(len(threads), dtype=np.int64)
    np.add.at(in_threads, which.reshape(-1), launched[rows])
    rows = rows[which.reshape(-1) == np.argmax(in_threads)]
    reach = np.maximum.accumulate(ranges.end_ns[rows])
    return rows[np.diff(reach, prepend=np.iinfo(np.int64).min // 2) > 0]


@dataclass(frozen=True, slots=True, eq=False)
class _Groups:
    """Ranges of one thread and one name that launched work; ``order`` has them group by group, in order of starts."""

    order: Int64
    first: Int64
    """(groups,) where each begins in ``order``; all other columns are (groups,) too"""
    count: Int64
    launched: Int64
    nested: NDArray[np.bool_]
    """whether any of them lies inside another"""
    process: Int64
    name: Int64
    """code of the first name, of names that are one range"""
    domain: Int64
    kind: Int64

    def rows(self, group: int) -> Int64:
        """Positions of the ranges of one group."""
        return self.order[self.first[group] : self.first[group] + self.count[group]]


@once
def _groups(scope: Scope) -> _Groups:
    ranges = with_length(scope)
    _, launched = launch_order(scope.trace).firsts(ranges)
    rows = np.flatnonzero(launched)
    name = range_names(scope).merged(ranges.name)
    columns = tuple(column[rows] for column in (name, ranges.domain, ranges.kind, ranges.thread, ranges.process))
    place = np.lexsort((ranges.start_ns[rows], *columns))
    order = rows[place]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = np.logical_or.reduce([np.diff(column[place]) != 0 for column in columns])
    first = np.flatnonzero(new)
    inside = np.append(False, ranges.end_ns[order][1:] <= ranges.end_ns[order][:-1])[: len(order)] & ~new
    head = order[first]
    return _Groups(
        order=order,
        first=first,
        count=np.diff(np.append(first, len(order))),
        launched=np.add.reduceat(launched[order], first) if len(first) else first,
        nested=np.logical_or.reduceat(inside, first) if len(first) else new,
        process=ranges.process[head].astype(np.int64),
        name=name[head].astype(np.int64),
        domain=ranges.domain[head].astype(np.int64),
        kind=ranges.kind[head].astype(np.int64),
    )


def _repeating(scope: Scope) -> Int64:
    """The groups that repeat and have most of the launches of their process."""
    trace, groups = scope.trace, _groups(scope)
    of_process = np.bincount(trace.work.process[launches(trace).known] + 1, minlength=len(trace.processes) + 1)
    steps = (groups.count >= LEAST) & ~groups.nested & (2 * groups.launched > of_process[groups.process + 1])
    return np.array([g for g in np.flatnonzero(steps).tolist() if _may_be_step(scope, groups, g)], dtype=np.int64)


def _may_be_step(scope: Scope, groups: _Groups, group: int) -> bool:
    name, domain = scope.trace.text(int(groups.name[group])), scope.trace.text(int(groups.domain[group]))
    return not is_library(domain) and not _PART_OF_STEP.match(name)


def _optimizer(scope: Scope) -> Int64:
    """The groups of an optimizer's steps between which most of the launches of their process were made."""
    groups = _groups(scope)
    codes = [c for c in np.unique(groups.name).tolist() if scope.trace.text(c).startswith(_OPTIMIZER_STEP)]
    steps = np.flatnonzero((groups.count >= LEAST) & ~groups.nested & np.isin(groups.name, codes))
    return np.array([g for g in steps.tolist() if _most_between(scope, groups, g)], dtype=np.int64)


def _most_between(scope: Scope, groups: _Groups, group: int) -> bool:
    work, launched, ranges = scope.trace.work, launches(scope.trace), with_length(scope)
    at_ns = launched.at_ns[launched.known & (work.process == groups.process[group])]
    begun_ns = ranges.start_ns[groups.rows(group)]
    return bool(2 * ((at_ns >= begun_ns[0]) & (at_ns < begun_ns[-1])).sum() > len(at_ns))


def _of_group(scope: Scope, candidates: Int64, between: bool) -> Marks | None:
    """The ranges of the best of these groups, and of its like in the other processes."""
    if not len(candidates):
        return None
    groups, names = _groups(scope), range_names(scope)

    def name_of(group: int) -> str:
        code = int(groups.name[group])
        return names.shown.get(code) or scope.trace.text(code)

    best = max(
        candidates.tolist(),
        key=lambda g: (bool(_SAYS_STEP.search(name_of(g))), int(groups.launched[g]), int(groups.count[g])),
    )
    alike = candidates
    for column in (groups.name, groups.domain, groups.kind):
        alike = alike[column[alike] == column[best]]
    by_process: dict[int, int] = {}
    for group in alike[np.argsort(groups.launched[alike], kind="stable")].tolist():
        by_process[int(groups.process[group])] = group  # that with most launches comes last
    return Marks(name_of(best), np.concatenate([groups.rows(by_process[p]) for p in sorted(by_process)]), between)
