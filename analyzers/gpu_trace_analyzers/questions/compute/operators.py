"""Which operators multiplied on a device, how much, and which kernels did it?

A kernel belongs to the operator inside which the host launched it: same process, same thread, and the call within the
operator's time. Backward passes run on threads of autograd, whose operators are recorded there as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING
from ..launches import launches
from ..once import once
from .flops import needed

if TYPE_CHECKING:
    from ...model import HostOperators, Int64, Trace
    from .flops import Needed

_OF_SPARSE = re.compile("cusparse|csrmm|bsrmm|coomm|spmm", re.IGNORECASE)
"""Kernels that multiply a sparse matrix, of which the arguments show the shape of the dense one."""


@dataclass(frozen=True, slots=True, eq=False)
class Multiplying:
    """Calls of operators whose arithmetic is known. One inside another is left out: the outer one counts."""

    needed: tuple[Needed, ...]
    """what such a call computes, each kind of call once"""
    which: Int64
    """for each call its place in ``needed``: (calls,) int64"""
    call_of: Int64
    """for each row of ``Trace.work`` the call that launched it: (work,) int64. `MISSING` for none, or a sparse one"""


@once
def multiplying(trace: Trace) -> Multiplying:
    """Those of a trace. Empty where no shapes were recorded."""
    operators = trace.operators
    asked = np.flatnonzero(operators.shapes != MISSING)
    found, which = _needed(trace, operators[asked])
    known = which != MISSING
    rows, which = asked[known], which[known]
    outer = _outermost(operators[rows])
    rows, which = rows[outer], which[outer]
    return Multiplying(found, which, _of_dense(trace, _launched_in(trace, operators[rows])))


def _needed(trace: Trace, operators: HostOperators) -> tuple[tuple[Needed, ...], Int64]:
    """What distinct calls compute, and for each operator the place of its call among them; `MISSING` for none."""
    columns = (operators.name, operators.shapes, operators.types, operators.values)
    distinct, which = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
    each = [needed(*map(trace.text, codes)) for codes in distinct.tolist()]
    place = np.cumsum([call is not None for call in each], dtype=np.int64) - 1
    place[[call is None for call in each]] = MISSING
    return tuple(filter(None, each)), place[which.reshape(-1)]


def _outermost(operators: HostOperators) -> Int64:
    """Positions of those that lie in no other of them, sorted by process, thread and start."""
    order = np.lexsort((-operators.end_ns, operators.start_ns, operators.thread, operators.process))
    kept = [np.empty(0, dtype=np.int64)]
    for own in _by_thread(operators, order):
        ends = np.maximum.accumulate(operators.end_ns[own])
        kept.append(own[np.concatenate(([True], operators.start_ns[own][1:] >= ends[:-1]))])
    return np.concatenate(kept)


def _launched_in(trace: Trace, operators: HostOperators) -> Int64:
    """For each row of work the position of the operator that launched it; `MISSING` for none."""
    launched, call_of = launches(trace), np.full(len(trace.work), MISSING, dtype=np.int64)
    for own in _by_thread(operators, np.arange(len(operators))):
        process, thread = operators.process[own[0]], operators.thread[own[0]]
        rows = np.flatnonzero((trace.work.process == process) & (launched.thread == thread) & launched.known)
        at_ns = launched.at_ns[rows]
        place = np.searchsorted(operators.start_ns[own], at_ns, side="right") - 1
        inside = (place >= 0) & (at_ns < operators.end_ns[own[place]])
        call_of[rows[inside]] = own[place[inside]]
    return call_of


def _of_dense(trace: Trace, call_of: Int64) -> Int64:
    """The same without the calls that launched a kernel of a sparse product."""
    launched = np.flatnonzero(call_of != MISSING)
    names = np.unique(trace.work.name[launched]).tolist()
    of_sparse = [name for name in names if _OF_SPARSE.search(trace.text(name))]
    sparse = np.unique(call_of[launched[np.isin(trace.work.name[launched], of_sparse)]])
    return np.where(np.isin(call_of, sparse), MISSING, call_of)


def _by_thread(operators: HostOperators, order: Int64) -> list[Int64]:
    """Positions in an order that has those of each thread together, cut into threads."""
    if not len(order):
        return []
    process, thread = operators.process[order], operators.thread[order]
    begins = np.flatnonzero((np.diff(process) != 0) | (np.diff(thread) != 0)) + 1
    return list(np.split(order, begins))
