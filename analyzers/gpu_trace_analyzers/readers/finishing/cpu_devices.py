"""A CPU as a device: at each instant a thread works at the innermost operator that runs on it.

So an operator has its own time, without that of the operators which it calls: what PyTorch calls "self CPU time".
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...intervals import instants
from ...model import Device, DeviceWork, Engine, HostOperators
from ..base.building import NOT_READ
from .cpu_collectives import only_enqueue, with_collectives

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...engines import EngineRules
    from ...model import Int64, Trace
    from ..base.tracefile import TraceFile

_WITHOUT_WORK = re.compile(
    r"aten::(resolve_(conj|neg)|_?(unsafe_)?view(_as)?|_?reshape(_alias|_as)?|as_strided\w*|expand(_as)?|t|mT|numpy_T|"
    r"(swap)?transpose|movedim|permute|(un)?squeeze|(un)?flatten|select|slice|narrow|split\w*|chunk|unbind|diagonal|unfold|"
    r"alias|detach\w*|lift_fresh|empty\w*|result_type|item|is_nonzero|set_)$"
)
"""Operators that look at memory otherwise, or allocate it: ``aten::mm`` calls some, and does the work itself."""


_NO_DEVICES = re.compile(rb'"deviceProperties"\s*:\s*\[\s*\]')


def names_no_gpu(file: TraceFile) -> bool:
    """Whether Kineto says that it saw no GPU: then the operators are likely to be all the work that there is."""
    return _NO_DEVICES.search(file.head) is not None


_GPU_WORK = re.compile(r"Launch\w*Kernel|KernelLaunch|GraphLaunch|Memcpy\w*Async")


def is_work_of_cpus(trace: Trace) -> bool:
    """Whether the operators are all the work that a trace without device work can have had.

    They are not where calls gave a GPU work whose rows are absent, where the file has rows of another kind of device,
    or where most of its rows were not understood.
    """
    launched = any(_GPU_WORK.search(trace.text(code)) for code in np.unique(trace.calls.name).tolist())
    losses = trace.source.losses
    others = any(reason.endswith(NOT_READ) for reason in losses)
    return not launched and not others and sum(losses.values()) <= len(trace.operators)


def with_cpu_devices(trace: Trace, rules: EngineRules, keep_operators: bool) -> Trace:
    """The trace with a CPU device for each process that has operators, which works in their own time.

    Raises ``ValueError`` for a trace whose devices have done work already.
    """
    if len(trace.work):
        raise ValueError("a trace with device work needs no CPU devices")
    idle = np.array([bool(_WITHOUT_WORK.match(name)) for name in trace.strings], dtype=np.bool_)
    operators = with_collectives(trace, rules)
    working = operators[~idle[operators.name]] if len(operators) else operators
    own = _without(own_times(working), only_enqueue(working, trace.strings, rules))
    name, process = working.name[own.row], working.process[own.row]
    engines = np.array([rules.engine("operator", text) for text in trace.strings], dtype=np.int8)
    active, device = np.unique(process, return_inverse=True)
    work = DeviceWork.of(
        {
            "start_ns": own.start_ns,
            "end_ns": own.end_ns,
            "name": name,
            "engine": engines[name] if len(name) else [],
            "device": device + len(trace.devices),
            "stream": working.thread[own.row],
            "process": process,
        }
    )
    unknown = int((work.engine == Engine.UNKNOWN).sum())
    dropped = {**trace.source.dropped, **({"unclassified": unknown} if unknown else {})}
    ranks = [trace.processes[position].rank for position in active]
    return replace(
        trace,
        source=replace(trace.source, dropped=dropped),
        # A GPU that did nothing may still have been waited for.
        devices=(*trace.devices, *(Device("cpu", index, "", rank) for index, rank in enumerate(ranks))),
        work=work,
        operators=trace.operators if keep_operators else HostOperators.empty(),
    )


class OwnTimes(NamedTuple):
    """Stretches ``[start_ns, end_ns)`` of operators' own time, in order of their start; (n,) int64 each."""

    row: Int64
    """of the operator"""
    start_ns: Int64
    end_ns: Int64


def own_times(operators: HostOperators) -> OwnTimes:
    """When each operator was the innermost one of its thread.

    That is the one that began last among those that run; of several that began at once the one that ends first, of
    those with the same times the last. An operator that calls others has a stretch in front of them, between them,
    and behind them, where any time is left there; one that took no time has none.
    """
    rows = np.lexsort((-operators.end_ns, operators.start_ns, operators.thread, operators.process))
    rows = rows[operators.end_ns[rows] > operators.start_ns[rows]]
    threads = np.stack((operators.process[rows].astype(np.int64), operators.thread[rows]))
    begins = np.flatnonzero(np.any(threads[:, 1:] != threads[:, :-1], axis=0)) + 1
    found = [_of_a_thread(mine, operators.start_ns[mine], operators.end_ns[mine]) for mine in np.split(rows, begins)]
    own = OwnTimes(*(np.concatenate(column) for column in zip(*found, strict=True)))
    in_order = np.argsort(own.start_ns, kind="stable")
    return OwnTimes(*(column[in_order] for column in own))


def _without(own: OwnTimes, excluded: NDArray[np.bool_]) -> OwnTimes:
    """The stretches of other operators than these, which call others without doing work themselves."""
    kept = ~excluded[own.row]
    return OwnTimes(*(column[kept] for column in own))


def _of_a_thread(rows: Int64, start_ns: Int64, end_ns: Int64) -> OwnTimes:
    """The same for rows of one thread, in order of their start, the longer first; none is empty."""
    edge_ns = instants(start_ns, end_ns)
    innermost = np.searchsorted(start_ns, edge_ns, side="right") - 1
    _climb(innermost, edge_ns, end_ns, _callers(start_ns, end_ns))
    new = np.concatenate((np.ones(min(1, len(edge_ns)), dtype=np.bool_), innermost[1:] != innermost[:-1]))
    edge_ns, innermost = edge_ns[new], innermost[new]
    at_work = np.flatnonzero(innermost >= 0)  # the last edge is an end, behind which nothing runs
    return OwnTimes(rows[innermost[at_work]], edge_ns[at_work], edge_ns[at_work + 1])


def _callers(start_ns: Int64, end_ns: Int64) -> Int64:
    """For each row the one that began last before it and still runs at its start; `MISSING` without one."""
    callers = np.arange(len(start_ns)) - 1
    _climb(callers, start_ns, end_ns, callers)
    return callers


def _climb(rows: Int64, at_ns: Int64, end_ns: Int64, callers: Int64) -> None:
    """Replace rows that have ended by their callers, until they run at these times.

    ``callers`` may be ``rows`` itself: whatever lies between a row and what stands for its caller has ended before.
    """
    ended = np.arange(len(rows))
    while len(ended := ended[(rows[ended] >= 0) & (end_ns[rows[ended]] <= at_ns[ended])]):
        rows[ended] = callers[rows[ended]]
