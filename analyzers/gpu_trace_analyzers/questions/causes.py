"""Why was each exposed copy exposed? The first rule of `EXPOSED_COPY_RULES` that holds, with evidence and remedy.

The rules are our own, from CUDA's documented behavior (programming guide: "Asynchronous Concurrent Execution",
runtime API: "API synchronization behavior"), checked on an H200. A further rule is one more `Rule` in the table.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..intervals import instants
from ..model import MISSING, Memory
from .alone import alone
from .cuts import cut_at_launch, launched_long_before
from .evidence import Fact, work_name
from .explained import Rule, explained_by
from .host_facts import HOST_ALLOCATED, LOST_KERNELS, LOST_NODES, blocked_fact, late_fact, launched_late
from .host_waits import SYNCHRONIZING, blocked_in, waited_for_event
from .inside_operators import inside_fact, inside_operator
from .launches import next_launch_ns
from .once import once
from .overlap import COMPUTE, active_devices, device_figures, exposed_copy
from .recorded import recorded, windows_of
from .streams import in_one_stream
from .stretches import Stretches, around, pick, witness

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ..model import Int64
    from .explained import CauseFigures, Explained
    from .scope import Scope


@once
def causes(scope: Scope) -> tuple[CauseFigures, ...]:
    """A row per device and cause, the longest of each device first; they add up to its exposed copy time exactly."""
    return tuple(
        row
        for position in active_devices(scope.trace)
        for row in explain(scope, position).figures(device_figures(scope, position).headroom_ns)
    )


@once
def explain(scope: Scope, position: int, rules: tuple[Rule, ...] | None = None) -> Explained:
    """Each stretch in which a device copied and computed nothing, with its cause.

    A stretch belongs to one copy: where several run at once, to the one that began first. One that the host was late
    for ends where it launched the next compute, if what is left is longer than a start takes.
    """
    trace = scope.trace
    start_ns, end_ns, during = _exposed(scope, position)
    computing = np.flatnonzero((trace.work.device == position) & trace.work.does(COMPUTE))
    before, after = around(trace, computing, start_ns, end_ns, windows_of(trace, position))
    stretches = Stretches(trace, position, start_ns, end_ns, during, before, after)
    usual = EXPOSED_COPY_RULES if trace.devices[position].kind == "gpu" else CPU_COPY_RULES
    asked = usual if rules is None else rules
    found = explained_by(stretches, asked)
    cut = cut_at_launch(stretches, found.have("launched_late") & launched_long_before(stretches))
    return found if cut is stretches else explained_by(cut, asked)


def _exposed(scope: Scope, position: int) -> tuple[Int64, Int64, Int64]:
    """Starts and ends of the exposed stretches, and the copy that each belongs to, in order: (n,) int64 each."""
    work, copies = scope.trace.work, scope.copies_on(position)
    rows = np.flatnonzero((work.device == position) & work.does(copies))
    rows, own_start, own_end = alone(work, rows)
    exposed = exposed_copy(scope, position) & recorded(scope, position)
    # Cut the exposed time where its owner changes. Each piece then has the last owner to begin before it.
    cuts = instants(exposed.start_ns, exposed.end_ns, own_start, own_end)
    start_ns, end_ns = cuts[:-1], cuts[1:]
    inside = exposed.covers(start_ns)
    start_ns, end_ns = start_ns[inside], end_ns[inside]
    return start_ns, end_ns, rows[np.searchsorted(own_start, start_ns, side="right") - 1]


# The rules ----------------------------------------------------------------------------------------------------------


def _pageable(stretches: Stretches) -> Int64:
    work, during = stretches.trace.work, stretches.during
    ends = np.stack((pick(work.source, during), pick(work.target, during)))
    return witness((ends == Memory.PAGEABLE).any(axis=0), during)


def _pageable_fact(stretches: Stretches, _i: int, copy: int) -> Fact:
    from_host = stretches.trace.work.source[copy] == Memory.PAGEABLE
    return Fact(f"the driver stages copies {'from' if from_host else 'into'} pageable memory")


def _migrated(stretches: Stretches) -> Int64:
    """Pages of unified memory that moved without a call: they wait in no stream."""
    work, during = stretches.trace.work, stretches.during
    managed = (pick(work.source, during) == Memory.MANAGED) & (pick(work.target, during) == Memory.MANAGED)
    return witness(managed & (pick(stretches.launched.call, during) == MISSING), during)


def _synchronous(stretches: Stretches) -> Int64:
    trace, call = stretches.trace, pick(stretches.launched.call, stretches.during)
    return witness(pick(trace.calls.end_ns, call) >= trace.work.end_ns[stretches.during], call)


@once
def _host_went_on(stretches: Stretches) -> NDArray[np.bool_]:
    """Whether the copy was queued behind compute of its own stream, and the host launched more before it began.

    Then the stream alone held this copy back, even if the host waited afterwards.
    """
    work, during, before = stretches.trace.work, stretches.during, stretches.before
    launch_ns = stretches.launch_ns(during)
    queued = in_one_stream(work, before, during) & (launch_ns < pick(work.end_ns, before))
    if not queued.any():
        return queued
    next_ns = next_launch_ns(stretches.trace)[during]
    return np.asarray((launch_ns != MISSING) & queued & (next_ns != MISSING) & (next_ns < work.start_ns[during]))


def _unless_host_went_on(find: Callable[[Stretches], Int64]) -> Callable[[Stretches], Int64]:
    return lambda stretches: np.where(_host_went_on(stretches), MISSING, find(stretches))


def _same_stream(stretches: Stretches) -> Int64:
    """The neighbor in the copy's own stream: the compute that waited behind it, else the one it waited for."""
    work, during = stretches.trace.work, stretches.during
    behind = witness(in_one_stream(work, stretches.after, during), stretches.after)
    in_front = witness(in_one_stream(work, stretches.before, during), stretches.before)
    return np.where(behind != MISSING, behind, in_front)


def _same_stream_fact(stretches: Stretches, i: int, neighbor: int) -> Fact:
    name = work_name(stretches.trace, neighbor)
    if neighbor == stretches.after[i]:
        return Fact(f"{name} waited for it")
    return Fact(f"it waited for {name}")


def _no_compute(stretches: Stretches) -> Int64:
    return witness((stretches.before == MISSING) | (stretches.after == MISSING), stretches.during)


def _no_compute_fact(stretches: Stretches, i: int, _copy: int) -> Fact:
    if stretches.before[i] == stretches.after[i]:
        return Fact("the device ran no compute")
    return Fact("no compute ran after it" if stretches.after[i] == MISSING else "no compute ran before it")


EXPOSED_COPY_RULES: tuple[Rule, ...] = (
    LOST_KERNELS,
    LOST_NODES,
    Rule(
        cause="pageable",
        title="pageable host memory",
        remedy="pin the host memory (pin_memory=True, tensor.pin_memory()), copy with non_blocking=True",
        find=_pageable,
        fact=_pageable_fact,
        saves_whole_operation=True,
    ),
    Rule(
        cause="migrated",
        title="unified memory migrated",
        remedy="prefetch it (cudaMemPrefetchAsync) before its first use, or copy explicitly from pinned memory",
        find=_migrated,
        fact=lambda _stretches, _i, _copy: Fact("its pages moved without a copy call, on use or by a prefetch"),
    ),
    Rule(
        cause="synchronous",
        title="synchronous call",
        remedy="copy with non_blocking=True from or into pinned memory, on a side stream",
        find=_synchronous,
        fact=lambda _stretches, _i, _call: Fact("the call returned only after the copy ended"),
    ),
    Rule(
        cause="host_synchronized",
        title="host blocked in a synchronizing call",
        remedy="launch the next kernels first; call event.synchronize() where the data is needed",
        find=_unless_host_went_on(lambda stretches: blocked_in(stretches, SYNCHRONIZING)),
        fact=blocked_fact,
    ),
    replace(HOST_ALLOCATED, find=_unless_host_went_on(HOST_ALLOCATED.find)),
    Rule(
        cause="same_stream",
        title="same stream as compute",
        remedy="copy on a side stream (torch.cuda.stream(side)), with one event per result",
        find=_same_stream,
        fact=_same_stream_fact,
    ),
    Rule(
        cause="no_compute_left",
        title="no compute left to overlap with",
        remedy="split the copy, start it earlier, or queue the next step's kernels",
        find=_no_compute,
        fact=_no_compute_fact,
    ),
    Rule(
        cause="compute_waited",
        title="next kernel waited on an event",
        remedy="prefetch (copy one step ahead), so that kernels for other data run during the copy",
        find=lambda stretches: waited_for_event(stretches, "after"),
        fact=lambda stretches, i, _call: Fact(
            f"the stream of {work_name(stretches.trace, int(stretches.after[i]))} waited on an event first"
        ),
    ),
    Rule(
        cause="copy_waited",
        title="copy waited on an event",
        remedy="record the event right after the operation whose result is copied, not at the end of the stream",
        find=lambda stretches: waited_for_event(stretches, "during"),
        fact=lambda _stretches, _i, _call: Fact("its stream waited on an event first"),
    ),
    Rule(
        cause="launched_late",
        title="next kernel launched too late",
        remedy="launch ahead (fewer, larger operations; CUDA graphs; torch.compile)",
        find=launched_late,
        fact=late_fact,
    ),
)
"""In the order in which they are asked."""

CPU_COPY_RULES: tuple[Rule, ...] = (
    Rule(
        cause="inside_operator",
        title="part of an operator that computes",
        remedy="",
        find=inside_operator,
        fact=inside_fact,
    ),
    Rule(
        cause="same_stream",
        title="same thread as compute",
        remedy="copy in another thread (a queue and a worker) and continue computing",
        find=_same_stream,
        fact=_same_stream_fact,
    ),
    Rule(
        cause="no_compute_left",
        title="no compute left to overlap with",
        remedy="split the copy, start it earlier, or compute other data during it",
        find=_no_compute,
        fact=_no_compute_fact,
    ),
)
"""The same for a CPU device, which has no launches, no events and no pinned memory."""
