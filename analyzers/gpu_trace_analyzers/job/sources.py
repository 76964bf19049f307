"""Which files of a folder are of which rank? By their names alone: nothing is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..model import MISSING
from ..readers.folders.files import rank_in_name, traces_in

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class RankFiles:
    """The files of one rank: mostly one; several where its recording was interrupted."""

    name: str
    """of the first, in the folder of the job"""
    paths: tuple[Path, ...]
    rank: int = MISSING
    """as the names say"""


def rank_files(folder: Path) -> list[RankFiles]:
    """Those of each rank, in order of ranks. Raises `TraceUnreadable` for a folder without a trace."""
    of_rank: dict[object, list[Path]] = {}
    for file in traces_in(folder):
        rank = rank_in_name(file.path.name)
        of_rank.setdefault(file.path if rank == MISSING else rank, []).append(file.path)
    return [
        RankFiles(paths[0].relative_to(folder).as_posix(), tuple(paths), rank_in_name(paths[0].name))
        for paths in of_rank.values()
    ]
