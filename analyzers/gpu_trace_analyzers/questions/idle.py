"""Why was a device idle? The first rule of `IDLE_RULES` that holds; the rows add up to the idle time exactly."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..intervals import Intervals
from ..model import MISSING
from ..readers.kineto.reader import NAME as KINETO
from ..readers.kineto.reader import PYTHON_FUNCTIONS
from .cuts import START_UP_NS, cut_at_launch
from .evidence import Fact, work_name
from .explained import Rule, explained_by
from .host_facts import HOST_ALLOCATED, LOST_KERNELS, LOST_NODES, blocked_fact, late_fact, launched_late
from .host_waits import SYNCHRONIZING, blocked_in, waited_for_event
from .once import once
from .overlap import active_devices
from .recorded import recorded, windows_of
from .stretches import Stretches, around, pick, witness

if TYPE_CHECKING:
    from ..model import Int64, Trace
    from .explained import CauseFigures, Explained
    from .scope import Scope


@once
def idle_causes(scope: Scope) -> tuple[CauseFigures, ...]:
    """A row per device and cause, the longest of each device first; they add up to its idle time exactly."""
    explained = (_explained(scope, position, None) for position in active_devices(scope.trace))
    return tuple(row for found in explained for row in found.figures(int(found.stretches.ns.sum())))


@once
def explain_idle(scope: Scope, position: int, rules: tuple[Rule, ...] | None = None) -> Explained:
    """Each stretch of the window (default: the device's own span) in which no engine was busy, with its cause.

    A gap in which the work that follows was launched is two stretches: the host was late for the first alone.
    """
    return _explained(scope, position, rules)


def _explained(scope: Scope, position: int, rules: tuple[Rule, ...] | None) -> Explained:
    """The same, not kept: all stretches take as much room as the operations of a trace."""
    usual = IDLE_RULES if scope.trace.devices[position].kind == "gpu" else _cpu_rules(scope.trace)
    return explained_by(_stretches(scope, position), usual if rules is None else rules)


def _stretches(scope: Scope, position: int) -> Stretches:
    trace = scope.trace
    own = trace.work.device == position
    rows = np.flatnonzero(own & (trace.work.end_ns > trace.work.start_ns))
    busy = Intervals.of(trace.work.start_ns[rows], trace.work.end_ns[rows])
    gaps = recorded(scope, position) - busy
    before, after = around(trace, rows, gaps.start_ns, gaps.end_ns, windows_of(trace, position))
    nothing = np.full(len(gaps), MISSING)
    whole = Stretches(trace, position, gaps.start_ns, gaps.end_ns, nothing, before, after)
    return cut_at_launch(whole, before != MISSING)


def _head_or_tail(stretches: Stretches) -> Int64:
    return np.where((stretches.before == MISSING) | (stretches.after == MISSING), 0, MISSING)


def _head_or_tail_fact(stretches: Stretches, i: int, _witness: int) -> Fact:
    last = stretches.after[i] == MISSING
    return Fact("the last operation of the device had ended" if last else "it is the first operation of the device")


def _profiler(stretches: Stretches) -> Int64:
    taken = _overhead(stretches.trace).covered_ns(stretches.start_ns, stretches.end_ns)
    return witness(2 * taken >= stretches.ns, taken)


@once
def _overhead(trace: Trace) -> Intervals:
    """When the profiler was busy on a host."""
    return Intervals.of(trace.overheads.start_ns, trace.overheads.end_ns)


def _other_device(stretches: Stretches) -> Int64:
    """The last operation of another device to end in the stretch, where the next one's stream waited for an event."""
    if len(active_devices(stretches.trace)) < 2:
        return np.full(len(stretches), MISSING)
    work, (by_end, end_ns, earlier) = stretches.trace.work, _by_end(stretches.trace)
    # If the last operation to end by the stretch's end did so before its start, none ended inside.
    last = np.searchsorted(end_ns, stretches.end_ns, side="right") - 1
    own = pick(work.device, pick(by_end, last)) == stretches.device
    row = pick(by_end, np.where(own, pick(earlier, last), last))
    ended_inside = (row != MISSING) & (pick(work.end_ns, row) > stretches.start_ns)
    waited = waited_for_event(stretches, "after") != MISSING
    return witness(ended_inside & waited, row)


@once
def _by_end(trace: Trace) -> tuple[Int64, Int64, Int64]:
    """The rows of ``Trace.work`` in the order of their ends, these, and the place of the last before of another device.

    (rows,) int64 each; `MISSING` where none is before.
    """
    order = np.argsort(trace.work.end_ns, kind="stable")
    device = trace.work.device[order]
    first = np.concatenate((np.zeros(min(len(order), 1), np.bool_), device[1:] != device[:-1]))
    return order, trace.work.end_ns[order], np.maximum.accumulate(np.where(first, np.arange(len(order)), 0)) - 1


def _other_fact(stretches: Stretches, _i: int, row: int) -> Fact:
    trace = stretches.trace
    label = trace.devices[trace.work.device[row]].label
    return Fact(f"its stream waited on an event, and {work_name(trace, row)} ended on {label} in the gap")


@once
def _queued(stretches: Stretches) -> Int64:
    """The work that follows, where the host had begun to launch it when the stretch began."""
    launch_ns = stretches.launch_ns(stretches.after)
    return witness((launch_ns != MISSING) & (launch_ns <= stretches.start_ns), stretches.after)


def _queued_fact(stretches: Stretches, i: int, following: int) -> Fact:
    ago = int(stretches.end_ns[i] - stretches.launched.at_ns[following])
    return Fact("it started", ago, then="after its launch")


def _start_up(stretches: Stretches) -> Int64:
    return np.where(stretches.ns <= START_UP_NS, _queued(stretches), MISSING)


def _launching(stretches: Stretches) -> Int64:
    """The call that launched the work that follows, where that began before the call returned, or just after."""
    call = pick(stretches.launched.call, _queued(stretches))
    returned = pick(stretches.trace.calls.end_ns, call)
    return witness((call != MISSING) & (stretches.end_ns <= returned + START_UP_NS), call)


def _launching_fact(stretches: Stretches, i: int, call: int) -> Fact:
    when = "before" if stretches.end_ns[i] <= stretches.trace.calls.end_ns[call] else "as soon as"
    return Fact(f"it started {when} the call returned")


IDLE_RULES: tuple[Rule, ...] = (
    Rule(
        cause="head_or_tail",
        title="before the first operation or after the last",
        remedy="",
        find=_head_or_tail,
        fact=_head_or_tail_fact,
    ),
    Rule(
        cause="profiler",
        title="profiler overhead",
        remedy="record less (fewer steps; no operators, shapes or stacks)",
        find=_profiler,
        fact=lambda _stretches, _i, taken: Fact("the profiler was busy on the host", taken),
    ),
    LOST_KERNELS,
    LOST_NODES,
    Rule(
        cause="host_synchronized",
        title="host blocked in a synchronizing call",
        remedy="launch the next kernels first; no .item(), .cpu() or synchronize() inside the loop",
        find=lambda stretches: blocked_in(stretches, SYNCHRONIZING),
        fact=blocked_fact,
    ),
    HOST_ALLOCATED,
    Rule(
        cause="launched_late",
        title="waiting for the host to launch",
        remedy="launch ahead (fewer, larger operations; CUDA graphs; torch.compile)",
        find=launched_late,
        fact=late_fact,
    ),
    Rule(
        cause="other_device",
        title="waiting for another device",
        remedy="balance the devices, or queue other operations on this one",
        find=_other_device,
        fact=_other_fact,
    ),
    Rule(
        cause="start_up",
        title="between launch and start",
        remedy="fewer, larger operations, or CUDA graphs",
        find=_start_up,
        fact=lambda _stretches, _i, _following: Fact("before the gap", of_launch=True),
    ),
    Rule(
        cause="launching",
        title="inside the call that launches the next operation",
        remedy="",
        find=_launching,
        fact=_launching_fact,
    ),
    Rule(
        cause="event",
        title="waiting on an event",
        remedy="queue operations that do not wait on it, or record the event earlier",
        find=lambda stretches: waited_for_event(stretches, "after"),
        fact=lambda _stretches, _i, _call: Fact("its stream waited on an event first"),
    ),
    Rule(
        cause="queued",
        title="next operation launched but not started",
        remedy="",
        find=_queued,
        fact=_queued_fact,
    ),
)
"""In the order in which they are asked."""

CPU_IDLE_RULES: tuple[Rule, ...] = (
    *(rule for rule in IDLE_RULES if rule.cause in ("head_or_tail", "profiler")),
    Rule(
        cause="no_operator",
        title="no operator ran",
        remedy="look at the Python code between the operators",
        find=lambda stretches: witness(stretches.after != MISSING, stretches.after),
        fact=lambda _stretches, _i, _row: Fact("no thread ran an operator in the gap"),
    ),
)
"""The same for a CPU device, which is idle whenever the script does anything else."""


def _cpu_rules(trace: Trace) -> tuple[Rule, ...]:
    """`CPU_IDLE_RULES`, with a remedy that says where the Python can be seen: only PyTorch's profiler records it."""
    if trace.source.format != KINETO:
        return CPU_IDLE_RULES
    recorded = PYTHON_FUNCTIONS in trace.source.dropped
    where = "gpu-trace open shows its functions" if recorded else "gpu-trace run --level full records its functions"
    *others, last = CPU_IDLE_RULES
    return (*others, replace(last, remedy=f"{last.remedy} ({where})"))
