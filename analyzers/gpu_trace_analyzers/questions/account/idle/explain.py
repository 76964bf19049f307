"""Why was a device idle? Gaps cut where their reason changes, the first rule that holds, and what helps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ....model import MISSING
from ....rows_of_each import rows_of_each
from ....vocabulary.losses import Owner
from ...cuts import cut_at_launch
from ...explained import Rule, explained_by
from ...idle import IDLE_RULES
from ...once import once
from ...parted import processes_on, rows_on
from ...recorded import recorded, windows_of
from ...scope import Window
from ...stretches import Stretches, around
from ..owners import owned
from . import launching, queued, synchronized
from .compiling import COMPILING, compilations
from .data import WAITING_FOR_DATA, data_remedy
from .elsewhere import OTHER_DEVICE, blocked_elsewhere
from .launching import launch_bound
from .lock import HOST_GIL, lock_waits
from .optimizer import optimizer_remedy
from .parts import cut_host_parts
from .queued import QUEUED
from .records import (
    ALLOCATING_MEMORY,
    GARBAGE_COLLECTION,
    PROFILER,
    allocations,
    batches,
    collections,
    lazy_loads,
    loads,
    profiling,
)
from .sampled_batches import sampled_batches
from .started import START_UP, WAITING_FOR_COPY
from .unobserved import HOST_UNOBSERVED, NO_OPERATOR, observing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ....model import Int64, Trace
    from ...explained import Explained
    from ...scope import Scope
    from .parts import Records

_HELD = (batches, compilations, collections, allocations, loads, lazy_loads, profiling, lock_waits, sampled_batches)
"""What a launching thread can be held by, with a record of its own."""


@once
def explain_idle_time(scope: Scope, position: int) -> Explained:
    """Each part of a gap in which a device did nothing, with its cause."""
    time = recorded(scope, position)
    window = Window(int(time.start_ns[0]), int(time.end_ns[-1])) if len(time) else Window(0, 0)
    cpu = scope.trace.devices[position].kind == "cpu"
    found = explained_by(_pieces(scope, position, window), CPU_RULES if cpu else _gpu_rules(window))
    return _with_remedies(_one_per_cause(found), time.total_ns)


def _pieces(scope: Scope, position: int, window: Window) -> Stretches:
    """The gaps, cut where the reason may change."""
    gaps = _gaps(scope, position)
    return cut_host_parts(gaps, _instants(gaps, window))


def _gaps(scope: Scope, position: int) -> Stretches:
    """The gaps of a device, each in two where the work that ends it was launched in it."""
    trace, idle = scope.trace, owned(scope, position)[Owner.IDLE]
    rows = rows_on(trace, position)
    rows = rows[trace.work.end_ns[rows] > trace.work.start_ns[rows]]
    before, after = around(trace, rows, idle.start_ns, idle.end_ns, windows_of(trace, position))
    nothing = np.full(len(idle), MISSING)
    return cut_at_launch(
        Stretches(trace, position, idle.start_ns, idle.end_ns, nothing, before, after), before != MISSING
    )


def _instants(gaps: Stretches, window: Window) -> list[Int64]:
    """Where the reason may change in the host's part of a gap."""
    trace, position = gaps.trace, gaps.device
    found = [*(each for process in processes_on(trace, position) for each in _held(trace).get(process, ()))]
    found.append(blocked_elsewhere(trace, position))
    edges = (times for each in found for times in (each.start_ns, each.end_ns))
    return [*edges, *synchronized.instants(gaps, window.start_ns), *launching.instants(gaps)]


@once
def _held(trace: Trace) -> Mapping[int, list[Records]]:
    """By process, what its threads are held by: what another process does holds none of them."""
    found: dict[int, list[Records]] = {}
    for records in (find(trace) for find in _HELD):
        for process, rows in rows_of_each(records.process).items():
            found.setdefault(process, []).append(records.select(rows))
    return found


def _of_old(cause: str) -> Rule:
    return next(rule for rule in IDLE_RULES if rule.cause == cause)


def _gpu_rules(window: Window) -> tuple[Rule, ...]:
    """In the order in which they are asked."""
    return (
        *map(_of_old, ("head_or_tail", "lost_kernels", "lost_nodes")),
        WAITING_FOR_DATA,
        COMPILING,
        GARBAGE_COLLECTION,
        ALLOCATING_MEMORY,
        START_UP,
        PROFILER,
        OTHER_DEVICE,
        HOST_GIL,
        synchronized.synchronized(window),
        launch_bound(window),
        HOST_UNOBSERVED,
        QUEUED,
        WAITING_FOR_COPY,
        _of_old("event"),
    )


CPU_RULES = (_of_old("head_or_tail"), WAITING_FOR_DATA, COMPILING, GARBAGE_COLLECTION, PROFILER, NO_OPERATOR)
"""The same for a CPU device, which is idle whenever the script runs no operator."""


def _one_per_cause(found: Explained) -> Explained:
    """The same, with the first rule of each cause, where several ask for it in different places."""
    causes = [rule.cause for rule in found.rules]
    return replace(found, rule=np.array([causes.index(cause) for cause in causes], dtype=np.int64)[found.rule])


def _with_remedies(found: Explained, window_ns: int) -> Explained:
    """The same, with remedies and bounds that depend on what was found."""
    bound = np.flatnonzero(found.have("launch_bound"))
    remedies = {
        WAITING_FOR_DATA.cause: data_remedy(found),
        HOST_UNOBSERVED.cause: observing(found.stretches),
        QUEUED.cause: (gaps := queued.told(found, window_ns)).remedy,
        "launch_bound": optimizer_remedy(found.stretches, bound),
    }
    rules = (replace(rule, remedy=remedies.get(rule.cause) or rule.remedy) for rule in found.rules)
    told = tuple(replace(rule, fact=gaps.fact) if rule.cause == QUEUED.cause else rule for rule in rules)
    return replace(found, rules=told, saves_ns=queued.saved_ns(found))
