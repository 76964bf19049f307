"""Which files of a folder are of which rank? By their names and their first bytes: no trace is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ..columnar.index import read_index
from ..model import MISSING
from ..readers.folders.files import rank_in_name, traces_in
from ..readers.folders.jobs import LAUNCHER
from ..readers.parquet import is_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..places import Place
    from ..readers.base.tracefile import TraceFile

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
    """as their first bytes say, or else their names"""

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
    files = traces_in(folder)
    return _by_rank(folder, [(file, each.rank) for file, each in zip(files, _all_stated(folder, files), strict=True)])


def job_in(folder: Place) -> list[RankFiles]:
    """The same, where a folder holds one job of more than `MOST_AS_ONE_TRACE` ranks; else none."""
    files = traces_in(folder)
    if len(files) <= MOST_AS_ONE_TRACE:
        return []
    stated = _all_stated(folder, files)
    ranks = {each.rank for each in stated} - {MISSING}
    sizes = {each.world_size for each in stated} - {MISSING}
    launchers = {each.launcher for each in stated} - {b""}
    if len(ranks) <= MOST_AS_ONE_TRACE or len(sizes) > 1 or len(launchers) > 1:
        return []
    return _by_rank(folder, [(file, each.rank) for file, each in zip(files, stated, strict=True)])


def _by_rank(folder: Place, ranked: Sequence[tuple[TraceFile, int]]) -> list[RankFiles]:
    of_rank: dict[tuple[int, str], list[str]] = {}
    for file, rank in sorted(ranked, key=lambda each: each[1]):
        name = file.path.relative_to(folder).as_posix()
        of_rank.setdefault((rank, name if rank == MISSING else ""), []).append(name)
    return [RankFiles(folder, tuple(names), rank) for (rank, _), names in of_rank.items()]


def _all_stated(folder: Place, files: Sequence[TraceFile]) -> list[_Stated]:
    """Of each file; columns are of one run, and their index has the rank that each file said."""
    if is_columns(folder):
        return [_Stated(entry.rank, MISSING, b"") for entry in read_index(folder)]
    return [_stated(file) for file in files]


def _stated(file: TraceFile) -> _Stated:
    rank, size, launcher = (found.search(file.head) for found in (_STATED, _WORLD_SIZE, _LAUNCHER))
    return _Stated(
        int(rank[1]) if rank else rank_in_name(file.path.name),  # a name may have the rank on its machine
        int(size[1]) if size else MISSING,
        launcher[1] if launcher else b"",
    )
