"""``--columns FOLDER``: the rows of a run as Parquet, written while the run is read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gpu_trace_analyzers.columnar.folder import columns_into
from gpu_trace_analyzers.errors import UsageError
from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.readers.folders.files import is_run, rank_in_name
from gpu_trace_analyzers.units import size

from ..terminal import display

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gpu_trace_analyzers.asked import Asked
    from gpu_trace_analyzers.job.kept.partial import Partial
    from gpu_trace_analyzers.job.reading.sources import RankFiles
    from gpu_trace_analyzers.model import Trace
    from gpu_trace_analyzers.places import Place
    from gpu_trace_analyzers.readers.folders.runs import Run


def refuse_columns_folder(folder: str, run: Place) -> None:
    """Raise `UsageError` for a folder that would be read as another trace of the run."""
    inside = isinstance(run, Path) and Path(folder).resolve().is_relative_to(run.resolve())
    if inside and not is_run(run):
        raise UsageError(f"{folder}: would be read as another trace of {run}; choose a folder outside it")


def load_with_columns(path: Place, found: Sequence[Run], folder: Path, asked: Asked, *, operators: bool) -> Trace:
    """The trace of a file, or of the one run that was found in a folder, whose columns are in their folder then."""
    ranks = {file: rank_in_name(file.name) for file in found[0].files} if found else {path: MISSING}
    with columns_into(folder, ranks) as into:
        trace = asked.load(path, operators=operators, keep=into.keep)
        into.finish()
    _tell(folder, len(ranks))
    return trace


def job_with_columns(read: Callable[..., Partial], files: Sequence[RankFiles], folder: Path) -> Partial:
    """What ``read`` keeps of a job; it is given what keeps the columns of each file as ``keep``."""
    ranks = {path: each.rank for each in files for path in each.paths}
    with columns_into(folder, ranks) as into:
        part = read(keep=into.keep)
        named = zip(part.unreadable.path.tolist(), part.unreadable.problem.tolist(), strict=True)
        into.finish({str(files[0].folder / part.text(path)): part.text(problem) for path, problem in named})
    _tell(folder, len([*folder.glob("*/")]))
    return part


def _tell(folder: Path, count: int) -> None:
    display(f"wrote columns of {_traces(count)} into {folder} ({_size(folder)})", err=True)


def _traces(count: int) -> str:
    return f"{count:,} traces" if count > 1 else "1 trace"


def _size(folder: Path) -> str:
    return size(sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()))
