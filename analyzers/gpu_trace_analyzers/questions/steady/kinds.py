"""Which steps are of one kind? Those that launch the same operations, by name and count, to within a tenth.

Training and evaluation, the prefill and the decoding of a token, a step that accumulates and one that does not: kinds,
however long each takes. Numbers in the names of kernels are left out, for they say how a kernel was built for a size;
so steps of varying sequence lengths are one kind. The order does not count, for threads and streams change it. Neither
do copies of a single value to the host: a step that logs its loss does the same as one that does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...few_distinct import few_distinct
from ..grouped import summed
from ..launches import launches
from ..once import once
from ..read_backs import copies_value
from .steps import found_steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...model import Int64, Trace
    from ..scope import Scope
    from .steps import Steps

AGREEMENT = (9, 10)
"""Of two steps of one kind, the operations that both launched are at least so many of those of the larger one."""
LEAST_OF_KIND = 3
"""Steps from which a kind has a usual length."""
_MOST_KINDS = 32
"""Kinds that are told apart; a step that is of none of them is a kind of its own."""
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, eq=False)
class _Launched:
    """How often each step launched each operation: a row per step and name, in order of steps."""

    step: Int64
    name: Int64
    count: Int64
    operations: Int64
    """(steps,) all that each launched; the other columns are without copies of a value"""
    names: int

    @property
    def steps(self) -> int:
        """How many there are."""
        return len(self.operations)

    @property
    def total(self) -> Int64:
        """(steps,) operations of each step that count."""
        return summed(self.step, self.count, self.steps)

    def shared_with(self, step: int) -> Int64:
        """(steps,) how many of its operations each step has in common with one of them."""
        own = np.zeros(self.names, dtype=np.int64)
        own[self.name[self.step == step]] = self.count[self.step == step]
        return summed(self.step, np.minimum(self.count, own[self.name]), self.steps)

    @property
    def signature(self) -> NDArray[np.uint64]:
        """(steps,) the same number for steps that launched the same; sums wrap around."""
        found = np.zeros(self.steps, dtype=np.uint64)
        np.add.at(found, self.step, _scattered(self.names)[self.name] * self.count.astype(np.uint64))
        return found


def _scattered(count: int) -> NDArray[np.uint64]:
    """(count,) numbers of 64 bits, as if drawn: those of SplitMix64, as importing `numpy.random` takes 0.1 s."""
    number = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        number = (number ^ (number >> np.uint64(shift))) * np.uint64(factor)
    return np.asarray(number ^ (number >> np.uint64(31)))


@dataclass(frozen=True, slots=True, eq=False)
class Kinds:
    """Of each step its kind and its size, (steps,) int64 each, as the rows of `found_steps`."""

    kind: Int64
    operations: Int64


@once
def kinds(scope: Scope, step_range: str | None = None) -> Kinds:
    """Those of the steps of a trace, which must have some."""
    found = found_steps(scope, step_range)
    assert found is not None
    launched = _launched(scope.trace, found.steps)
    kind = _alike(launched)
    for process in np.unique(found.steps.process).tolist():
        _join_first(launched, kind, np.flatnonzero(found.steps.process == process))
    return Kinds(kind, launched.operations)


@once
def repeat(scope: Scope, step_range: str | None = None) -> bool:
    """Whether steps do the same again and again, in a process that launches about as much as any.

    Steps of one kind are more than half of those of each process: else a range has one name for different things. And
    no process without steps launches twice as much as each that has some: else they are those of a helper.
    """
    found = found_steps(scope, step_range)
    assert found is not None
    kind, process = kinds(scope, step_range).kind, scope.trace.work.process[launches(scope.trace).known]
    launched = np.bincount(process + 1, minlength=len(scope.trace.processes) + 1)
    most = int(launched[np.unique(found.steps.process) + 1].max())
    alike = [kind[found.steps.process == each] for each in np.unique(found.steps.process)]
    return all(2 * int(np.bincount(own).max()) > len(own) for own in alike) and 2 * most > int(launched.max())


def _launched(trace: Trace, steps: Steps) -> _Launched:
    at_ns, known = launches(trace).at_ns, launches(trace).known
    step, rows = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for process in np.unique(steps.process).tolist():
        own = np.flatnonzero(steps.process == process)
        row = np.flatnonzero(known & (trace.work.process == process))
        place = np.searchsorted(steps.launch_from_ns[own], at_ns[row], side="right") - 1
        inside = (place >= 0) & (at_ns[row] < steps.launch_to_ns[own[place]])
        step.append(own[place[inside]])
        rows.append(row[inside])
    all_steps, all_rows = np.concatenate(step), np.concatenate(rows)
    does = ~copies_value(trace.work)[all_rows]
    names, name = _without_numbers(trace, trace.work.name[all_rows[does]].astype(np.int64))
    pairs, place = few_distinct(all_steps[does] * max(names, 1) + name)
    count = np.bincount(place, minlength=len(pairs))
    operations = np.bincount(all_steps, minlength=len(steps))
    return _Launched(pairs // max(names, 1), pairs % max(names, 1), count, operations, names)


def _without_numbers(trace: Trace, codes: Int64) -> tuple[int, Int64]:
    """How many names there are without their numbers, and which of them each code is."""
    distinct, place = few_distinct(codes)
    known: dict[str, int] = {}
    to = [known.setdefault(_NUMBER.sub("*", trace.text(code)), len(known)) for code in distinct.tolist()]
    return len(known), np.array(to, dtype=np.int64)[place]


def _alike(launched: _Launched) -> Int64:
    """(steps,) the kind of each, numbered in the order in which they are found: that of most equal steps first."""
    total, signature = launched.total, launched.signature
    kind = np.full(launched.steps, -1, dtype=np.int64)
    for number in range(_MOST_KINDS):
        left = np.flatnonzero(kind < 0)
        if not len(left):
            return kind
        _, last, often = np.unique(signature[left][::-1], return_index=True, return_counts=True)
        model = int(left[::-1][last[np.argmax(often)]])
        alike = _agree(launched.shared_with(model), np.maximum(total, total[model]))
        kind[left[alike[left]]] = number
    left = np.flatnonzero(kind < 0)
    kind[left] = _MOST_KINDS + np.arange(len(left))
    return kind


def _agree(shared: Int64, of: Int64) -> NDArray[np.bool_]:
    part, whole = AGREEMENT
    return np.asarray(whole * shared >= part * of)


def _join_first(launched: _Launched, kind: Int64, steps: Int64) -> None:
    """Give the first steps of a process the kind of those that follow, if they launched all that these do, and more.

    A first step makes the optimizer's state, or tries algorithms. So it is of a kind of its own, none of which comes
    again. A first step of another sort (an evaluation, a prefill) does not launch what the following steps do.
    """
    own, often = kind[steps], np.bincount(kind[steps])
    usual = np.flatnonzero(often[own] >= LEAST_OF_KIND)
    if not len(usual):
        return
    first = int(usual[0])
    shared = launched.shared_with(int(steps[first]))
    contains = _agree(shared[steps[:first]], launched.total[steps[first]])
    never_again = ~np.isin(own[:first], own[first:])
    kind[steps[:first][contains & never_again]] = own[first]
