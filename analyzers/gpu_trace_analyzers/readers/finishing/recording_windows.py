"""When was each process of a file recorded, where the file does not say? While anything of it was."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...model import Windows

if TYPE_CHECKING:
    from ...model import Trace


def states_no_more(trace: Trace) -> bool:
    """Whether the windows of a trace are those that it would be given if it stated none."""
    usual = with_windows(replace(trace, windows=Windows.empty())).windows
    columns = Windows.columns()
    return all(np.array_equal(getattr(usual, name), getattr(trace.windows, name)) for name in columns)


def with_windows(trace: Trace) -> Trace:
    """The trace with one window for each of its processes, from the first event of the file to the end of the last.

    One that states its windows stays as it is; an empty one gets none.
    """
    tables: list[Any] = [table for table in trace.recorded_tables().values() if len(table)]
    if len(trace.windows) or not tables:
        return trace
    count = max(1, len(trace.processes))
    start_ns, end_ns = min(int(table.start_ns[0]) for table in tables), max(int(table.end_ns.max()) for table in tables)
    process = np.arange(len(trace.processes)) if trace.processes else [-1]
    rows = {"start_ns": np.full(count, start_ns), "end_ns": np.full(count, end_ns), "process": process}
    return replace(trace, windows=Windows.of(rows))
