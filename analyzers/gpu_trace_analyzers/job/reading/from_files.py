"""From the files of a rank to its part of the job; a file that cannot be read is named in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import GpuTraceError, NotWritten, UsageError
from ...model import MISSING
from ...questions.overlap import active_devices
from ...readers.base.shared_devices import whose
from ...readers.folders.files import with_rank
from ..kept.merged import merged
from ..kept.of_rank import of_rank
from ..kept.partial import Partial
from ..kept.tables import Unreadable
from .alone import continues, of_one_process
from .each_rank import each_rank

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...asked import Asked
    from ...model import Trace
    from ...readers import Keep
    from ..kept.bounds import Bounds
    from .sources import RankFiles


def part_of(files: RankFiles, asked: Asked, bounds: Bounds, keep: Keep | None = None) -> Partial:
    """Read one rank. A rank of which cannot be asked what is asked of all counts as one that cannot be read.

    Raises `NotWritten` as ``keep`` does, which gets each file as `load` gives it.
    """
    try:
        trace, parts = _trace(files, asked, keep)
        if trace is not None:
            parts += list(_parts(files, trace, asked, bounds))
    except NotWritten:
        raise
    except GpuTraceError as error:
        parts = [_unreadable(files, files.names[0], str(error))]
    except Exception as error:  # an error of gpu-trace with one rank must not cost thousands of others
        problem = f"gpu-trace failed on it, {type(error).__name__}: {error}; please report that"
        parts = [_unreadable(files, files.names[0], f"{files.names[0]}: {problem}")]
    return merged(parts)


def part_of_trace(files: RankFiles, trace: Trace, asked: Asked, bounds: Bounds) -> Partial:
    """The same of a rank whose files were read already, as this trace."""
    return merged(_parts(files, trace, asked, bounds))


def ask_first(files: RankFiles, asked: Asked, bounds: Bounds) -> None:
    """Raise the `UsageError` of the first file of a rank: where no rank has an answer, the question may be wrong."""
    try:
        for each in each_rank(asked.load(files.paths[0])):
            of_rank(asked.analyze(each), files.names[0], bounds)
    except UsageError:
        raise
    except Exception:  # `part_of` has the sentence for what else is wrong with a rank
        return


def _parts(files: RankFiles, trace: Trace, asked: Asked, bounds: Bounds) -> Iterator[Partial]:
    """That of each rank that a trace has."""
    name = files.names[0]
    for each in each_rank(trace):
        if not active_devices(each):
            yield _unreadable(files, name, f"{name}: has no device activity")
        elif any(process.rank != MISSING for process in each.processes):
            yield of_rank(asked.analyze(each), name, bounds)
        elif any(each.devices[position].kind == "gpu" for position in active_devices(each)):
            yield _unreadable(files, name, f"{name}: says no rank, so it is none of those compared")


def _trace(files: RankFiles, asked: Asked, keep: Keep | None) -> tuple[Trace | None, list[Partial]]:
    """What was recorded of a rank, from all its files, and which of them could not be used."""
    traces: list[Trace] = []
    problems = []
    for name, path in zip(files.names, files.paths, strict=True):
        try:
            trace = with_rank(asked.load(path, keep=keep), files.rank)
        except NotWritten:
            raise
        except GpuTraceError as error:
            problems.append(_unreadable(files, name, str(error)))
            continue
        if traces and not continues(traces, trace):
            problems.append(_unreadable(files, name, f"{name}: {_second(files, traces[0], trace)}; it is left out"))
        else:
            traces.append(trace)
    return of_one_process(files.names[0], traces) if traces else None, problems


def _second(files: RankFiles, first: Trace, trace: Trace) -> str:
    """What a further file of a rank is, which does not go on with the first."""
    if whose(trace) == whose(first):
        return f"is of rank {files.rank} and of a time that another file of it is of too, as a copy is"
    return f"is of rank {files.rank}, as {files.names[0]} is, but of another process"


def _unreadable(files: RankFiles, name: str, problem: str) -> Partial:
    row = Unreadable.of({"rank": [files.rank], "path": [0], "problem": [1]})
    return Partial((name, problem), unreadable=row)
