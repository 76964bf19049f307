"""From what the user names to the file that the browser gets, and what it shows first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.errors import UsageError
from gpu_trace_analyzers.places.on_disk import fetched
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.readers.base.tracefile import TraceFile
from gpu_trace_analyzers.readers.unsupported import refuse
from gpu_trace_analyzers.units import duration
from gpu_trace_analyzers.whatif.beside import asked_before

from ..exporting.perfetto import export_perfetto
from ..exporting.timeline.findings import findings_of, worst_place
from ..exporting.timeline.moved import earliest_ns
from ..exporting.timeline.titles import PINNED, PINNED_PREDICTED
from .start_view import Landing, StartView, start_view

if TYPE_CHECKING:
    from gpu_trace_analyzers.model import Trace
    from gpu_trace_analyzers.places import Place

_OURS = (".pftrace", ".pftrace.gz", ".perfetto-trace")


@dataclass(frozen=True, slots=True)
class Prepared:
    """The file to hand over, what it is called, and the start view."""

    file: Path
    name: str
    view: StartView


def prepare(path: Place, folder: Path, as_is: bool = False, at: str | tuple[int, int] = "worst") -> Prepared:
    """A trace as native Perfetto file: itself where it is one, or is wanted ``as_is``; else exported into ``folder``.

    ``at``: what is in view first, of a trace that is exported: the ``worst`` place, ``none`` for all of the trace, or
    ``(start_ns, end_ns)`` after the first operation.

    Raises `GpuTraceError` if it is not a trace, and `UsageError` for a folder that is wanted as it is, a place that
    cannot be shown, or if the export finds no room.
    """
    if as_is and not path.is_file():
        raise UsageError(f"{path}: is not a file; --as-is needs a trace file")
    if as_is or (path.is_file() and path.name.endswith(_OURS)):
        if not path.stat().st_size:
            raise refuse(TraceFile(path))
        if not isinstance(at, str):
            raise UsageError(f"{path}: is shown as it is, and --at needs a trace that is exported; leave out --at")
        shown = path if isinstance(path, Path) else fetched(path, folder)
        return Prepared(shown, _in_text(path.name), StartView(f"({'|'.join(PINNED + PINNED_PREDICTED)})$"))
    trace = load(path, operators=True)
    named = _in_text((path.resolve() if isinstance(path, Path) else path).name)
    name = f"{named.removesuffix('.gz').removesuffix('.json')}.pftrace"
    analysis = Analysis(trace)
    landing = _landing(analysis, at)
    what_if = asked_before(trace, path)
    try:
        export_perfetto(analysis, folder / name, findings_of(analysis), what_if)
    except OSError as error:
        where = f"{folder.parent}: the exported trace cannot be written there"
        raise UsageError(f"{where} ({error.strerror}); set TMPDIR to another folder") from error
    view = start_view(trace, landing, with_prediction=what_if is not None)
    return Prepared(folder / name, name, view.later(max(0, -earliest_ns(trace))))


def _landing(analysis: Analysis, at: str | tuple[int, int]) -> Landing | None:
    """The place that is asked for; None where all of the trace is to be seen."""
    if not isinstance(at, str):
        return _asked(analysis.trace, *at)
    worst = worst_place(analysis) if at == "worst" else None
    return Landing(worst.start_ns, worst.end_ns, worst.device) if worst else None


def _asked(trace: Trace, from_ns: int, to_ns: int) -> Landing:
    """The part of some time after the first operation in which there was work."""
    first, last = (int(trace.work.start_ns[0]), int(trace.work.end_ns.max())) if len(trace.work) else (0, 0)
    if first + from_ns >= last:
        lasts = f"the work of {trace.source.path} lasts {duration(last - first)}"
        raise UsageError(f"--at {duration(from_ns)}..{duration(to_ns)} shows nothing; {lasts}")
    return Landing(first + from_ns, min(first + to_ns, last))


def _in_text(name: str) -> str:
    """The name as a page can show it: that of a file is bytes, and need not be valid text."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
