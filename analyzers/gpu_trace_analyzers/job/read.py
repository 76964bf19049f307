"""A job is read: by this process, by all cores of this machine, or by a cluster; the result has the same bytes."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from ..errors import TraceUnreadable
from .in_process import in_process
from .kept import Kept
from .on_processes import on_processes
from .part_of import part_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..asked import Asked
    from ..places import Place
    from .partial import Partial
    from .sources import RankFiles

_WORTH_PROCESSES = 8_000_000
"""bytes of all files: fewer are read sooner than processes have started"""


def read_job(
    place: Place,
    files: Sequence[RankFiles],
    asked: Asked,
    workers: int | None = None,
    done: Callable[[], None] = lambda: None,
) -> Partial:
    """What is kept of all ranks, whose files are in ``place``.

    ``workers``: read by so many processes (default: as many as there are cores, if that is worth it).

    Raises `WorkerLost` if a worker ends, `TraceUnreadable` if no rank can be read.
    """
    read = partial(part_of, asked=asked, kept=Kept.of(len(files)))
    workers = workers or _cores(files)
    part = in_process(files, read, done) if workers == 1 else on_processes(files, read, workers, done)
    if not len(part.ranks):
        first = part.text(int(part.unreadable.problem[0]))
        raise TraceUnreadable(place, f"none of {len(files)} ranks can be read", f"of the first: {first}")
    return part


def _cores(files: Sequence[RankFiles]) -> int:
    size = sum((each.folder / name).stat().st_size for each in files for name in each.names)
    return len(os.sched_getaffinity(0)) if size >= _WORTH_PROCESSES else 1
