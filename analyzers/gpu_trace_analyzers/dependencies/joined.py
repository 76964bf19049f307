"""Which node of an execution trace is behind each operation of a device, and when did each node's operator run?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..errors import TraceUnreadable
from ..model import MISSING
from ..questions.launches import launches
from ..questions.once import once

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..model import Int64, Trace
    from .execution_trace import ExecutionTrace, Node


@dataclass(frozen=True)
class Joined:
    """The operators of a trace with the nodes of an execution trace of the same run. A node is told by its number."""

    process: int
    """its position in ``Trace.processes``"""
    nodes: Mapping[int, Node]
    ran: dict[int, tuple[int, int]]
    """when the operator of each began and ended, in ns"""
    caller: dict[int, int]
    """the node around each, by the times of their operators; none for the outermost"""
    of_rows: list[Node | None]
    """for each of the rows, the node of the operator that launched it; None if it has none"""

    @cached_property
    def around(self) -> dict[int, int]:
        """Of each node that launched rows, itself or in one that it called: the nearest around it that did so itself.

        `MISSING` if there is none.
        """
        found: dict[int, int] = {}
        launching = {node.number for node in self.of_rows if node is not None}
        for number in launching:
            path = [number]
            while path[-1] not in found and path[-1] in self.caller:
                path.append(self.caller[path[-1]])
            found.setdefault(path[-1], MISSING)
            for outer, inner in zip(path[:0:-1], path[-2::-1], strict=True):
                found[inner] = outer if outer in launching else found[outer]
        return found

    def begin_ns(self, node: Node) -> int:
        """When the outermost operator around it began."""
        number = node.number
        while number in self.caller:
            number = self.caller[number]
        return self.ran[number][0]


def joined(trace: Trace, rows: Int64, execution: ExecutionTrace) -> Joined:
    """By the number that both give to each call of an operator in a process.

    Raises `TraceUnreadable` if the execution trace is of no process of the trace.
    """
    process, operators = _process(trace, execution), trace.operators
    if not len(operators):  # as of Nsight Systems, or read without them
        return Joined(process, execution.nodes, {}, {}, [None] * len(rows))
    number, nodes = operators.record_function, execution.nodes
    has_node = (operators.process == process) & np.isin(number, np.fromiter(nodes, np.int64, len(nodes)))
    own, outer = np.flatnonzero(has_node), callers(trace)
    while (without := (outer != MISSING) & ~has_node[outer]).any():
        outer = np.where(without, outer[outer], outer)
    times = zip(operators.start_ns[own].tolist(), operators.end_ns[own].tolist(), strict=True)
    ran = dict(zip(number[own].tolist(), times, strict=True))
    inner = own[outer[own] != MISSING]
    caller = dict(zip(number[inner].tolist(), number[outer[inner]].tolist(), strict=True))
    launching = launching_operators(trace)[rows]
    of_rows = np.where((launching != MISSING) & has_node[launching], number[launching], MISSING).tolist()
    return Joined(process, nodes, ran, caller, [nodes.get(one) for one in of_rows])


def _process(trace: Trace, execution: ExecutionTrace) -> int:
    pids = [process.pid for process in trace.processes]
    if execution.pid not in pids:
        recorded = ", ".join(map(str, pids)) or "none"
        problem = f"it is of process {execution.pid}, and {trace.source.path} of {recorded}"
        raise TraceUnreadable(execution.path, problem, "give the execution trace of the same run")
    return pids.index(execution.pid)


@once
def launching_operators(trace: Trace) -> Int64:
    """For each row of ``Trace.work``, the innermost operator around its launch; `MISSING` where there is none."""
    launched, operators = launches(trace), trace.operators
    found = np.full(len(trace.work), MISSING)
    known = np.flatnonzero(launched.known)
    process, thread = trace.work.process[known], launched.thread[known]
    for own in _by_thread(trace):
        mine = known[(process == operators.process[own[0]]) & (thread == operators.thread[own[0]])]
        at_ns = launched.at_ns[mine]
        place = np.searchsorted(operators.start_ns[own], at_ns, side="right") - 1
        found[mine] = np.where(place >= 0, own[np.maximum(place, 0)], MISSING)
    at_ns, outer = launched.at_ns, callers(trace)
    while (ended := (found != MISSING) & (operators.end_ns[found] <= at_ns)).any():  # as often as operators nest
        found = np.where(ended, outer[found], found)
    return found


@once
def callers(trace: Trace) -> Int64:
    """For each row of ``Trace.operators``, the one around it on its thread; `MISSING` for the outermost."""
    outer = np.full(len(trace.operators), MISSING)
    for own in _by_thread(trace):
        start_ns, end_ns = (times[own].tolist() for times in (trace.operators.start_ns, trace.operators.end_ns))
        around, running = [], [MISSING]
        for at, begin_ns in enumerate(start_ns):
            while running[-1] != MISSING and end_ns[running[-1]] <= begin_ns:
                running.pop()
            around.append(running[-1])
            running.append(at)
        place = np.array(around)
        outer[own] = np.where(place != MISSING, own[place], MISSING)
    return outer


@once
def _by_thread(trace: Trace) -> tuple[Int64, ...]:
    """The operators of each thread, outer ones first."""
    operators = trace.operators
    # Of two that begin and end together, the one with the lower number called the other.
    columns = (operators.record_function, -operators.end_ns, operators.start_ns, operators.thread, operators.process)
    order = np.lexsort(columns)
    thread, process = operators.thread[order], operators.process[order]
    begins = np.flatnonzero((np.diff(thread) != 0) | (np.diff(process) != 0)) + 1
    return tuple(own for own in np.split(order, begins) if len(own))
