"""Which work of a CPU is a collective's? What a thread of the backend does, not the call that hands it over.

PyTorch's gloo backend runs each collective in a thread of its own, under a range (``gloo:all_reduce``). The operator of
that name (``c10d::allreduce_``) only enqueues it, on the thread of the script.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ...model import Engine, HostOperators, RangeKind
from ..base.growing import GrowingTable, put_in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ...engines import EngineRules
    from ...model import Ranges, Trace

    Mask = NDArray[np.bool_]

_OF_BACKEND = re.compile(r"gloo:")
"""How PyTorch names what ``ProcessGroupGloo`` runs (``c10d::Work``'s profiling title)."""


def with_collectives(trace: Trace, rules: EngineRules) -> HostOperators:
    """The operators of a trace and, as further ones, the collectives that threads of a backend ran.

    What a collective calls, its copies say, is a part of it, as it is of a kernel of NCCL.
    """
    callers = _threads(trace.operators[_are_collectives(trace.operators, trace.strings, rules)])
    ran = trace.ranges[_of_backend(trace) & ~np.isin(_threads(trace.ranges), callers)]
    if not len(ran):
        return trace.operators
    found = GrowingTable(HostOperators)
    found.extend(trace.operators[~_inside(trace.operators, ran)])
    shared = HostOperators.columns().keys() & ran.columns()
    found.extend(HostOperators.of({name: getattr(ran, name) for name in shared}))
    rows: HostOperators = found.rows()
    put_in_order(rows)
    return rows


def only_enqueue(operators: HostOperators, strings: Sequence[str], rules: EngineRules) -> Mask:
    """Which operators hand a collective to a thread of a backend that recorded it: (operators,) bool."""
    ran = _named(operators.name, strings)
    others = _are_collectives(operators, strings, rules) & ~ran
    return np.asarray(others & np.isin(operators.process, operators.process[ran]))


def _are_collectives(operators: HostOperators, strings: Sequence[str], rules: EngineRules) -> Mask:
    named = [rules.engine("operator", text) == Engine.COLLECTIVE for text in strings]
    return np.array([*named, False], dtype=np.bool_)[operators.name]


def _of_backend(trace: Trace) -> Mask:
    ranges = trace.ranges
    annotated = (ranges.kind == RangeKind.ANNOTATION) & (ranges.end_ns > ranges.start_ns)
    return np.asarray(_named(ranges.name, trace.strings) & annotated)


def _named(names: NDArray[np.int32], strings: Sequence[str]) -> Mask:
    return np.array([*(bool(_OF_BACKEND.match(text)) for text in strings), False], dtype=np.bool_)[names]


def _threads(rows: Ranges | HostOperators) -> NDArray[np.void]:
    """(rows,) the thread of each and its process, comparable as one."""
    pairs = np.stack((rows.process.astype(np.int64), rows.thread), axis=1)
    return pairs.view([("process", np.int64), ("thread", np.int64)]).reshape(-1)


def _inside(operators: HostOperators, ran: Ranges) -> Mask:
    """Which operators begin in one of these ranges, on its thread. Ranges of one thread come one after the other."""
    inside = np.zeros(len(operators), dtype=np.bool_)
    owner, thread = _threads(ran), _threads(operators)
    for whose in np.unique(owner):
        starts, ends = ran.start_ns[owner == whose], ran.end_ns[owner == whose]
        mine = np.flatnonzero(thread == whose)
        latest = np.searchsorted(starts, operators.start_ns[mine], side="right") - 1
        inside[mine] = (latest >= 0) & (operators.start_ns[mine] < ends[latest])
    return inside
