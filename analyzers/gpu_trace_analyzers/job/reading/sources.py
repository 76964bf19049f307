"""Which files of a folder are of which rank? By their names, or else their first bytes: no trace is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...columnar.index import read_index
from ...errors import TraceUnreadable
from ...model import MISSING
from ...readers.base.tracefile import TraceFile
from ...readers.folders.files import name_without_rank, rank_in_name, traces_in
from ...readers.folders.jobs import LAUNCHER
from ...readers.parquet import is_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...places import Place

MOST_AS_ONE_TRACE = 8
"""ranks that are read into one trace and shown one by one, as many as a machine has GPUs"""

_STATED = re.compile(rb'"distributedInfo"\s*:\s*\{[^{}]*?"rank"\s*:\s*"?(\d{1,6})')
_WORLD_SIZE = re.compile(rb'"world_size"\s*:\s*"?(\d{1,7})')
_LAUNCHER = re.compile(rb'"%s"\s*:\s*"([^"\\]*)"' % LAUNCHER.encode())


@dataclass(frozen=True, slots=True)
class RankFiles:
    """The files of one rank: mostly one; several where its recording was interrupted."""

    folder: Place
    names: tuple[str, ...]
    """of the files, in the folder"""
    rank: int = MISSING
    """as their names say, or their first bytes where the names do not tell them apart"""

    @property
    def paths(self) -> tuple[Place, ...]:
        """Where they are."""
        return tuple(self.folder / name for name in self.names)


class _Stated(NamedTuple):
    """What a file says of its job before it is read; what it does not say is `MISSING` or empty."""

    rank: int
    world_size: int
    launcher: bytes


def rank_files(folder: Place) -> list[RankFiles]:
    """Those of each rank, in order of ranks; files that say none come first, each alone.

    Raises `TraceUnreadable` for a folder without a trace.
    """
    files = traces_in(folder, all_alike=True)
    return _by_rank(folder, files, _known_ranks(folder, files) or [_stated(file).rank for file in files])


def job_in(folder: Place) -> list[RankFiles]:
    """The same, where a folder holds one job of more than `MOST_AS_ONE_TRACE` ranks; else none.

    The folder is named whole, because what reads the files may be another process in another place.
    """
    folder = folder.absolute() if isinstance(folder, Path) else folder
    files = traces_in(folder, all_alike=True)
    if len(files) <= MOST_AS_ONE_TRACE:
        return []
    ranks = _known_ranks(folder, files) or _ranks_of_one_job(files)
    return _by_rank(folder, files, ranks) if len({*ranks} - {MISSING}) > MOST_AS_ONE_TRACE else []


def _ranks_of_one_job(files: Sequence[TraceFile]) -> list[int]:
    """The rank that each file says; none where they are of several jobs."""
    stated = [_stated(file) for file in files]
    sizes = {each.world_size for each in stated} - {MISSING}
    launchers = {each.launcher for each in stated} - {b""}
    return [] if len(sizes) > 1 or len(launchers) > 1 else [each.rank for each in stated]


def _known_ranks(folder: Place, files: Sequence[TraceFile]) -> list[int]:
    """The rank of each, where no file must be opened for that, because it is one run; else none.

    So it is with columns, whose index has them, and with names that are equal except for the rank, each with another.
    """
    if is_columns(folder):
        return [entry.rank for entry in read_index(folder)]
    names = [file.path.name for file in files]
    ranks = [rank_in_name(name) for name in names]
    one_each = len(set(ranks)) == len(ranks) and MISSING not in ranks
    return ranks if one_each and len(set(map(name_without_rank, names))) == 1 else []


def _by_rank(folder: Place, files: Sequence[TraceFile], ranks: Sequence[int]) -> list[RankFiles]:
    of_rank: dict[tuple[int, str], list[str]] = {}
    for rank, _, file in sorted(zip(ranks, range(len(files)), files, strict=True)):
        name = file.path.relative_to(folder).as_posix()
        of_rank.setdefault((rank, name if rank == MISSING else ""), []).append(name)
    return [RankFiles(folder, tuple(names), rank) for (rank, _), names in of_rank.items()]


def _stated(file: TraceFile) -> _Stated:
    head = _head(file)
    rank, size, launcher = (found.search(head) for found in (_STATED, _WORLD_SIZE, _LAUNCHER))
    return _Stated(
        int(rank[1]) if rank else rank_in_name(file.path.name),  # a name may have the rank on its machine
        int(size[1]) if size else MISSING,
        launcher[1] if launcher else b"",
    )


def _head(file: TraceFile) -> bytes:
    """The first bytes, none of what cannot be read: that is said where it is read as a rank."""
    try:
        return TraceFile(file.path).head  # not kept: of thousands of files it would fill the memory
    except TraceUnreadable:
        return b""
