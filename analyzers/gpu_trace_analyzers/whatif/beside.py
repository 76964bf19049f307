"""A prediction with the execution trace that lies beside a trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..dependencies.execution_trace import read_execution_trace
from ..errors import GpuTraceError
from ..places import place
from ..readers.folders.files import traces_in
from .predict import what_if
from .stored import stored

if TYPE_CHECKING:
    from os import PathLike

    from ..model import Trace
    from ..places import Place
    from .answer import WhatIf
    from .document import Entry

PREFIX = "execution-"
"""before the name of a trace: its execution trace, as ``gpu-trace run --dependencies`` writes it"""
_ENDINGS = (".et.json.gz", ".et.json")
"""in place of that of a trace: how others name theirs"""


def what_if_of(
    trace: Trace,
    path: str | PathLike[str] | Place,
    *,
    execution_trace: str | PathLike[str] | Place | None = None,
    range_name: str | None = None,
    unrecorded_ns: int | None = None,
) -> WhatIf:
    """As `predict.what_if`, of a trace that was read from ``path``, with what lies there.

    ``execution_trace``: a file to take in place of the one beside the trace. Raises `TraceUnreadable` if it is none.
    """
    file = execution_trace or execution_trace_beside(place(path))
    return what_if(
        trace,
        read_execution_trace(file) if file else None,
        range_name=range_name,
        unrecorded_ns=unrecorded_ns,
    )


def asked_before(trace: Trace, path: str | PathLike[str] | Place) -> WhatIf | None:
    """The answer about the window that was asked of last, as that was asked; None where it cannot be given."""
    try:
        answers = [entry for entry in stored(place(path)).entries if entry.status == "answered"]
        return _asked_again(trace, path, answers[-1]) if answers else None
    except GpuTraceError:
        return None


def _asked_again(trace: Trace, path: str | PathLike[str] | Place, entry: Entry) -> WhatIf:
    return what_if_of(
        trace,
        path,
        execution_trace=entry.execution_trace or None,
        range_name=entry.range,
        unrecorded_ns=entry.unrecorded_ns,
    )


def execution_trace_beside(trace: Place) -> Place | None:
    """That of a trace file, or of the only trace of a run folder; None where there is none.

    Raises `TraceUnreadable` for a folder without a trace.
    """
    files = [file.path for file in traces_in(trace)] if trace.is_dir() else [trace]
    if len(files) != 1:
        return None
    name = files[0].name.removesuffix(".gz").removesuffix(".json")
    names = [f"{PREFIX}{files[0].name}", *(f"{name}{ending}" for ending in _ENDINGS)]
    return next((path for path in map(files[0].with_name, names) if path.is_file()), None)
