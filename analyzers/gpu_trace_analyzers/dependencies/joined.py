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
    from ..model import Int64, Trace
    from .execution_trace import ExecutionTrace, Node


@dataclass(frozen=True)
class Joined:
    """The operators of a trace with the nodes of an execution trace of the same run."""

    execution: ExecutionTrace
    process: int
    """its position in ``Trace.processes``"""
    ran: dict[int, tuple[int, int]]
    """by the id of a node: begin and end of its operator, in ns"""
    of_rows: list[Node | None]
    """for each of the rows, the node of the operator that launched it; None if it has none"""

    @cached_property
    def launching(self) -> dict[int, Node]:
        """The nodes that launched any of the rows themselves, by id."""
        return {node.id: node for node in self.of_rows if node is not None}

    @cached_property
    def around(self) -> dict[int, int]:
        """By the id of each node that launched rows, itself or in one that it called: the nearest around it that did.

        That is one that launched rows itself, by its id; `MISSING` if there is none.
        """
        found: dict[int, int] = {}
        for node in self.launching.values():
            path = [node]
            while path[-1].id not in found and (caller := self.caller(path[-1])) is not None:
                path.append(caller)
            found.setdefault(path[-1].id, MISSING)
            for outer, inner in zip(path[:0:-1], path[-2::-1], strict=True):
                found[inner.id] = outer.id if outer.id in self.launching else found[outer.id]
        return found

    def caller(self, node: Node) -> Node | None:
        """The one that called it; None for the outermost."""
        found = self.execution.by_id.get(node.caller)
        return None if found is node else found

    def begin_ns(self, node: Node) -> int:
        """When the outermost operator around it began."""
        begin_ns, at = self.ran[node.id][0], node
        while (caller := self.caller(at)) is not None:
            begin_ns, at = self.ran.get(caller.id, (begin_ns, 0))[0], caller
        return begin_ns


def joined(trace: Trace, rows: Int64, execution: ExecutionTrace) -> Joined:
    """By the number that both give to each call of an operator in a process.

    Raises `TraceUnreadable` if the execution trace is of no process of the trace.
    """
    operators, nodes = trace.operators, execution.nodes
    process = _process(trace, execution)
    own = np.flatnonzero((operators.process == process) & (operators.record_function != MISSING))
    columns = (own, operators.record_function[own], operators.start_ns[own], operators.end_ns[own])
    node_at: dict[int, Node] = {}
    ran: dict[int, tuple[int, int]] = {}
    for at, number, start_ns, end_ns in zip(*(column.tolist() for column in columns), strict=True):
        node = nodes.get(number)
        if node is not None:
            node_at[at], ran[node.id] = node, (start_ns, end_ns)
    return Joined(execution, process, ran, [node_at.get(at) for at in launching_operators(trace)[rows].tolist()])


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
    threads = np.unique(np.stack((operators.process.astype(np.int64), operators.thread), axis=1), axis=0)
    for pid, tid in threads.tolist():
        mine = known[(process == pid) & (thread == tid)]
        own = np.flatnonzero((operators.process == pid) & (operators.thread == tid))
        found[mine] = _innermost(trace, own, launched.at_ns[mine])
    return found


def _innermost(trace: Trace, own: Int64, at_ns: Int64) -> Int64:
    """Of the operators of one thread, the innermost one at each time."""
    operators = trace.operators[own]
    # Outer ones first: of two that begin and end together, the one with the lower number called the other.
    order = np.lexsort((operators.record_function, -operators.end_ns, operators.start_ns))
    start, end = operators.start_ns[order], operators.end_ns[order]
    caller = _callers(start.tolist(), end.tolist())
    place = np.searchsorted(start, at_ns, side="right") - 1
    while (ended := (place != MISSING) & (end[place] <= at_ns)).any():  # as often as operators nest
        place = np.where(ended, caller[place], place)
    return np.where(place != MISSING, own[order][place], MISSING)


def _callers(start: list[int], end: list[int]) -> Int64:
    """For each of the operators of a thread, outer ones first, the one around it; `MISSING` for the outermost."""
    caller, running = [], [MISSING]
    for at, begin in enumerate(start):
        while running[-1] != MISSING and end[running[-1]] <= begin:
            running.pop()
        caller.append(running[-1])
        running.append(at)
    return np.array(caller, dtype=np.int64)
