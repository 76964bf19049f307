"""From what the user names to the file that the browser gets, and what it shows first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.errors import UsageError
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.readers.base.tracefile import TraceFile
from gpu_trace_analyzers.readers.unsupported import refuse
from gpu_trace_analyzers.whatif.beside import asked_before

from ..exporting.perfetto import export_perfetto
from ..exporting.timeline.findings import exposed_copies
from ..exporting.timeline.moved import earliest_ns
from ..exporting.timeline.titles import PINNED, PINNED_PREDICTED
from .start_view import StartView, start_view

if TYPE_CHECKING:
    from pathlib import Path

_OURS = (".pftrace", ".pftrace.gz", ".perfetto-trace")


@dataclass(frozen=True, slots=True)
class Prepared:
    """The file to hand over, what it is called, and the start view."""

    file: Path
    name: str
    view: StartView


def prepare(path: Path, folder: Path, as_is: bool = False) -> Prepared:
    """A trace as native Perfetto file: itself where it is one, or is wanted ``as_is``; else exported into ``folder``.

    Raises `GpuTraceError` if it is not a trace, and `UsageError` for a folder that is wanted as it is, or if the
    export finds no room.
    """
    if as_is and not path.is_file():
        raise UsageError(f"{path}: is not a file; --as-is needs a trace file")
    if as_is or (path.is_file() and path.name.endswith(_OURS)):
        if not path.stat().st_size:
            raise refuse(TraceFile(path))
        return Prepared(path, _in_text(path.name), StartView(f"({'|'.join(PINNED + PINNED_PREDICTED)})$"))
    trace = load(path, operators=True)
    name = f"{_in_text(path.resolve().name).removesuffix('.gz').removesuffix('.json')}.pftrace"
    analysis = Analysis(trace)
    findings = list(exposed_copies(analysis))
    what_if = asked_before(trace, path)
    try:
        export_perfetto(analysis, folder / name, findings, what_if)
    except OSError as error:
        where = f"{folder.parent}: the exported trace cannot be written there"
        raise UsageError(f"{where} ({error.strerror}); set TMPDIR to another folder") from error
    by_ns = max(0, -earliest_ns(trace))
    view = start_view(trace, findings, with_prediction=what_if is not None)
    if view.start_ns is not None and view.end_ns is not None:
        view = StartView(view.pinned, view.start_ns + by_ns, view.end_ns + by_ns)
    return Prepared(folder / name, name, view)


def _in_text(name: str) -> str:
    """The name as a page can show it: that of a file is bytes, and need not be valid text."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
