"""A job is read: by this process, by all cores of this machine, or by a Dask cluster, to the same bytes."""

from __future__ import annotations

from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING

from ...errors import TraceUnreadable
from ...readers.base.cores import cores
from ..kept.bounds import Bounds
from .from_files import ask_first, part_of
from .in_process import in_process
from .on_dask import on_dask
from .on_processes import on_processes
from .said_twice import without_ranks_said_twice

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...asked import Asked
    from ...places import Place
    from ...readers import Keep
    from ..kept.partial import Partial
    from .sources import RankFiles

_WORTH_PROCESSES = 8_000_000
"""bytes of all files: fewer are read sooner than processes have started"""


def read_job(
    place: Place,
    files: Sequence[RankFiles],
    asked: Asked,
    workers: int | None = None,
    dask: str | None = None,
    done: Callable[[], None] = lambda: None,
    keep: Keep | None = None,
) -> Partial:
    """What is kept of all ranks, whose files are in ``place``.

    ``workers``: read by so many processes (default: as many as there are cores, if that is worth it). ``dask``: by the
    cluster whose scheduler has this address, or by one that is started here (``local``). ``keep``: as of `load`, called
    where a rank is read.

    Raises `WorkerLost` if a worker ends, `UsageError` if no rank has what is asked for, and `TraceUnreadable` if no
    rank can be read.
    """
    read = partial(part_of, asked=asked, bounds=Bounds.of(len(files)), keep=keep)
    if dask:
        part = on_dask(files, read, dask, workers or cores(), done)
    elif (workers or (cores() if _is_much(files) else 1)) == 1:
        part = in_process(files, read, done)
    else:
        part = on_processes(files, read, workers or cores(), done)
    part = without_ranks_said_twice(part)
    if not len(part.ranks):
        ask_first(files[0], asked, Bounds.of(len(files)))
        first = part.text(int(part.unreadable.problem[0]))
        raise TraceUnreadable(place, f"none of {len(files)} ranks can be read", f"of the first: {first}")
    return part


def _is_much(files: Sequence[RankFiles]) -> bool:
    sizes = (_size(path) for each in files for path in each.paths)
    return any(size >= _WORTH_PROCESSES for size in accumulate(sizes))


def _size(path: Place) -> int:
    """Bytes of a trace, or of its columns: a byte of either takes as long. None, if its reader will not find it."""
    try:
        return sum(file.stat().st_size for file in (path.iterdir() if path.is_dir() else [path]))
    except OSError:
        return 0
