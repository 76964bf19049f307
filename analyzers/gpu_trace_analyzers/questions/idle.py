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
from .evidence import Fact, call_name, work_name
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
    explained = (explain_idle(scope, position) for position in active_devices(scope.trace))
    return tuple(row for found in explained for row in found.figures(int(found.stretches.ns.sum())))


@once
def explain_idle(scope: Scope, position: int, rules: tuple[Rule, ...] | None = None) -> Explained:
    """Each stretch of the window (default: the device's own span) in which no engine was busy, with its cause.

    A gap in which the work that follows was launched is two stretches: the host was late for the first alone.
    """
    trace = scope.trace
    own = trace.work.device == position
    rows = np.flatnonzero(own & (trace.work.end_ns > trace.work.start_ns))
    busy = Intervals.of(trace.work.start_ns[rows], trace.work.end_ns[rows])
    gaps = recorded(scope, position) - busy
    before, after = around(trace, rows, gaps.start_ns, gaps.end_ns, windows_of(trace, position))
    nothing = np.full(len(gaps), MISSING)
    whole = Stretches(trace, position, gaps.start_ns, gaps.end_ns, nothing, before, after)
    stretches = cut_at_launch(whole, before != MISSING)
    usual = IDLE_RULES if trace.devices[position].kind == "gpu" else _cpu_rules(trace)
    return explained_by(stretches, usual if rules is None else rules)


def _head_or_tail(stretches: Stretches) -> Int64:
    return np.where((stretches.before == MISSING) | (stretches.after == MISSING), 0, MISSING)


def _head_or_tail_fact(stretches: Stretches, i: int, _witness: int) -> Fact:
    return Fact("its last work had ended" if stretches.after[i] == MISSING else "its first work had not begun")


def _profiler(stretches: Stretches) -> Int64:
    overheads = stretches.trace.overheads
    taken = Intervals.of(overheads.start_ns, overheads.end_ns).covered_ns(stretches.start_ns, stretches.end_ns)
    return witness(2 * taken >= stretches.ns, taken)


def _other_device(stretches: Stretches) -> Int64:
    """The last operation of another device to end in the stretch, where the next one's stream waited for an event."""
    work = stretches.trace.work
    others = np.flatnonzero(work.device != stretches.device)
    if not len(others):
        return np.full(len(stretches), MISSING)
    # If the last operation to end by the stretch's end did so before its start, none ended inside.
    by_end = others[np.argsort(work.end_ns[others], kind="stable")]
    last = np.searchsorted(work.end_ns[by_end], stretches.end_ns, side="right") - 1
    row = by_end[np.maximum(last, 0)]
    ended_inside = (last >= 0) & (work.end_ns[row] > stretches.start_ns)
    waited = waited_for_event(stretches, "after") != MISSING
    return witness(ended_inside & waited, row)


def _other_fact(stretches: Stretches, i: int, row: int) -> Fact:
    trace = stretches.trace
    label = trace.devices[trace.work.device[row]].label
    following = work_name(trace, int(stretches.after[i]))
    return Fact(f"{following} waited for an event, and {work_name(trace, row)} ended on {label}")


@once
def _queued(stretches: Stretches) -> Int64:
    """The work that follows, where the host had begun to launch it when the stretch began."""
    launch_ns = stretches.launch_ns(stretches.after)
    return witness((launch_ns != MISSING) & (launch_ns <= stretches.start_ns), stretches.after)


def _queued_fact(stretches: Stretches, i: int, following: int) -> Fact:
    ago = int(stretches.end_ns[i] - stretches.launched.at_ns[following])
    return Fact(f"{work_name(stretches.trace, following)} was launched already and waited", ago)


def _start_up(stretches: Stretches) -> Int64:
    return np.where(stretches.ns <= START_UP_NS, _queued(stretches), MISSING)


def _start_up_fact(stretches: Stretches, _i: int, following: int) -> Fact:
    return Fact(f"{work_name(stretches.trace, following)} was launched already")


def _launching(stretches: Stretches) -> Int64:
    """The call that launched the work that follows, where that began before the call returned, or just after."""
    call = pick(stretches.launched.call, _queued(stretches))
    returned = pick(stretches.trace.calls.end_ns, call)
    return witness((call != MISSING) & (stretches.end_ns <= returned + START_UP_NS), call)


def _launching_fact(stretches: Stretches, i: int, call: int) -> Fact:
    trace, following = stretches.trace, work_name(stretches.trace, int(stretches.after[i]))
    when = "before" if stretches.end_ns[i] <= trace.calls.end_ns[call] else "as soon as"
    return Fact(f"{following} began {when} {call_name(trace, call)} returned")


IDLE_RULES: tuple[Rule, ...] = (
    Rule(
        cause="head_or_tail",
        title="nothing to do before its first work or after its last",
        remedy="",
        find=_head_or_tail,
        fact=_head_or_tail_fact,
    ),
    Rule(
        cause="profiler",
        title="the profiler's own overhead",
        remedy="record less: fewer steps, or without operators, shapes and stacks",
        find=_profiler,
        fact=lambda _stretches, _i, taken: Fact("the profiler was at work on the host", taken),
    ),
    LOST_KERNELS,
    LOST_NODES,
    Rule(
        cause="host_synchronized",
        title="the host was blocked in a synchronizing call",
        remedy="launch the next work first; no .item(), .cpu() or synchronize() inside the loop",
        find=lambda stretches: blocked_in(stretches, SYNCHRONIZING),
        fact=blocked_fact,
    ),
    HOST_ALLOCATED,
    Rule(
        cause="launched_late",
        title="waiting for the host to launch",
        remedy="launch ahead: fewer, larger operations, CUDA graphs, or torch.compile",
        find=launched_late,
        fact=late_fact,
    ),
    Rule(
        cause="other_device",
        title="waiting for another device",
        remedy="balance the devices, or give this one other work meanwhile",
        find=_other_device,
        fact=_other_fact,
    ),
    Rule(
        cause="start_up",
        title="between launch and start",
        remedy="fewer, larger operations, or CUDA graphs",
        find=_start_up,
        fact=_start_up_fact,
    ),
    Rule(
        cause="launching",
        title="the call that launches the next work",
        remedy="",
        find=_launching,
        fact=_launching_fact,
    ),
    Rule(
        cause="event",
        title="waiting for an event of another stream",
        remedy="give its stream work that does not wait, or record the event earlier",
        find=lambda stretches: waited_for_event(stretches, "after"),
        fact=lambda stretches, i, _call: Fact(f"{work_name(stretches.trace, int(stretches.after[i]))} waited for it"),
    ),
    Rule(
        cause="queued",
        title="the next work was launched and had not begun",
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
        remedy="look at the Python between the operators",
        find=lambda stretches: witness(stretches.after != MISSING, stretches.after),
        fact=lambda stretches, _i, row: Fact(f"no thread ran an operator until {work_name(stretches.trace, row)}"),
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
    return (*others, replace(last, remedy=f"{last.remedy}: {where}"))
