"""A trace whose times suit the format it is written in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_trace_analyzers.model import Process
from gpu_trace_analyzers.questions.scope import Scope

if TYPE_CHECKING:
    from gpu_trace_analyzers.model import Trace


def earliest_ns(trace: Trace) -> int:
    """The first instant of anything; 0 where there is nothing."""
    tables: list[Any] = [table for table in trace.tables().values() if len(table)]
    return min((int(table.start_ns[0]) for table in tables), default=0)


def shifted(scope: Scope, by_ns: int) -> Scope:
    """The same, of all time, on a clock that shows ``by_ns`` more. Host rows that name no process get the first.

    It is ``scope`` itself, with all that it was asked, where that changes nothing.
    """
    trace = scope.trace
    tables: dict[str, Any] = {}
    table: Any
    host: list[Any] = [table for name, table in trace.tables().items() if name != "work"]
    if not by_ns and trace.processes and all((table.process >= 0).all() for table in host):
        return scope if scope.window is None else Scope(trace, scope.copies)
    for name, table in trace.tables().items():
        moved = {"start_ns": table.start_ns + by_ns, "end_ns": table.end_ns + by_ns} if by_ns else {}
        process = table.process if name == "work" else np.maximum(table.process, 0)
        tables[name] = replace(table, process=process, **moved)
    processes = trace.processes or (Process(1),)
    epoch_ns = None if trace.epoch_ns is None else trace.epoch_ns - by_ns
    return Scope(replace(trace, processes=processes, epoch_ns=epoch_ns, **tables), scope.copies)
