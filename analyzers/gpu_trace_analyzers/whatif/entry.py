"""An answer as the entry of ``whatif.json``: names in place of positions, sums in place of the schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import document
from .spent import spent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..model import Engine, Int64, Trace
    from .answer import Bound, Expected, Remedy, Schedule, WhatIf
    from .spent import Spent

WAITING = "waiting"
"""beside the engines of a critical path: the time in which none of its operations ran, because the host was late or
devices were busy with what was launched before the window"""


def entry_of(found: WhatIf, trace: Trace) -> document.Entry:
    """What is kept of an answer about a trace."""
    predicted_ns = found.expected.predicted_ns if found.expected else 0
    window = found.window
    return document.Entry(
        range=window.range_name,
        status=found.status,
        reason=found.reason,
        window=document.Window(window.name, window.start_ns, window.end_ns, window.operations, window.steps),
        recorded_ns=found.recorded_ns,
        unrecorded_ns=found.unrecorded_ns,
        before_ns=found.before_ns,
        replay_ns=found.replay_ns,
        naive_ns=found.naive_ns,
        expected=_expected(found.expected) if found.expected else None,
        bound=_bound(found.bound) if found.bound else None,
        unknown_dependency_share=found.unknown_dependency_share,
        critical_path=_critical(found.schedule, trace, predicted_ns) if found.schedule else None,
        spent=spent_entry(_spent(found.schedule, trace, predicted_ns)) if found.schedule else None,
        remedies=tuple(map(_remedy, found.remedies)),
        contention=found.contention,
        vain=found.vain,
    )


def spent_entry(found: Spent) -> document.Spent:
    """How a window is spent, with the keys of engines."""
    return document.Spent(
        found.before_first_ns, _by_key(found.busy), found.overlapped_ns, found.idle_ns, found.after_last_ns
    )


def _expected(found: Expected) -> document.Expected:
    return document.Expected(
        found.predicted_ns, found.low_ns, found.high_ns, found.extra_bytes, found.in_used_memory_ns
    )


def _bound(found: Bound) -> document.Bound:
    chain = _by_key(found.chain_by_engine)
    return document.Bound(found.predicted_ns, found.busiest.key, found.busiest_ns, found.chain_ns, chain)


def _remedy(found: Remedy) -> document.Remedy:
    moves = tuple(
        document.Move(move.engine.key, move.name, move.from_stream, move.count, move.waits_for, move.awaited_by)
        for move in found.moves
    )
    return document.Remedy(
        found.id,
        found.cause,
        found.text,
        found.predicted_ns,
        found.gain_ns,
        found.error_ns,
        found.extra_bytes,
        moves,
    )


def _by_key(times: Iterable[tuple[Engine, int]]) -> dict[str, int]:
    return {engine.key: ns for engine, ns in times}


def _engines(schedule: Schedule, trace: Trace) -> Int64:
    return np.asarray(trace.work.engine[schedule.rows], dtype=np.int64)


def _spent(schedule: Schedule, trace: Trace, predicted_ns: int) -> Spent:
    return spent(schedule.start_ns, schedule.end_ns, _engines(schedule, trace), predicted_ns)


def _critical(schedule: Schedule, trace: Trace, predicted_ns: int) -> dict[str, int]:
    """The time of each engine on the critical path, the longest first, and what is left of the predicted time."""
    path = schedule.critical
    of_path = spent(schedule.start_ns[path], schedule.end_ns[path], _engines(schedule, trace)[path], predicted_ns)
    times = dict(sorted(_by_key(of_path.busy).items(), key=lambda each: -each[1]))
    return times | {WAITING: predicted_ns - sum(times.values())}
