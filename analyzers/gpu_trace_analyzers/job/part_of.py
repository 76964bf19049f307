"""From the files of a rank to its part of the job; a file that cannot be read is named in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import GpuTraceError
from ..questions.overlap import active_devices
from ..readers.base.merging import merge
from ..readers.folders.files import with_rank
from .each_rank import each_rank
from .merged import merged
from .of_rank import of_rank
from .partial import Partial
from .tables import Unreadable

if TYPE_CHECKING:
    from ..asked import Asked
    from ..model import Trace
    from .kept import Kept
    from .sources import RankFiles


def part_of(files: RankFiles, asked: Asked, kept: Kept) -> Partial:
    """Read one rank. Raises `UsageError` for what cannot be asked of it."""
    try:
        trace = _trace(files, asked)
    except GpuTraceError as error:
        return _unreadable(files, str(error))
    parts = [of_rank(asked.analyze(each), files.name, kept) for each in each_rank(trace) if active_devices(each)]
    return merged(parts) if parts else _unreadable(files, "has no device activity")


def _trace(files: RankFiles, asked: Asked) -> Trace:
    traces = [with_rank(asked.load(path), files.rank) for path in files.paths]
    return traces[0] if len(traces) == 1 else merge(files.name, traces)


def _unreadable(files: RankFiles, problem: str) -> Partial:
    row = Unreadable.of({"rank": [files.rank], "path": [0], "problem": [1]})
    return merged([Partial((files.name, problem), unreadable=row)])
