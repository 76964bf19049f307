"""What stands on the threads of the host, in the order in which a viewer nests it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gpu_trace_analyzers.model import Int64, Ranges, Trace


@dataclass(frozen=True, slots=True)
class ThreadRows:
    """Calls, operators and annotations as one table, (n,) each: what holds another stands in front of it."""

    start_ns: Int64
    end_ns: Int64
    process: Int64
    thread: Int64
    name: Int64
    """codes of ``Trace.strings``"""
    order: Int64
    """which row each is, where the three tables stand one behind the other"""
    lengths: tuple[int, int, int]
    """rows of each table"""


def thread_rows(trace: Trace, annotations: Ranges) -> ThreadRows:
    """The calls and operators of a trace, and these annotations, whichever table each is from."""
    tables = (trace.calls, trace.operators, annotations)

    def column(name: str) -> Int64:
        return np.concatenate([getattr(table, name) for table in tables])

    start_ns, end_ns = column("start_ns"), column("end_ns")
    order = np.lexsort((-end_ns, start_ns))
    process, thread, name = (column(each)[order] for each in ("process", "thread", "name"))
    lengths = (len(trace.calls), len(trace.operators), len(annotations))
    return ThreadRows(start_ns[order], end_ns[order], process, thread, name, order, lengths)
