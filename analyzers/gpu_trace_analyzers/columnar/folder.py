"""A folder of columns while it is written: its parts by any number of processes, in any order, and its index last."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import uuid4

from ..errors import NotWritten, UsageError
from ..model import MISSING
from ..ranked import with_rank
from .arrow import arrow
from .index import INDEX, Entry, read_entries, write_entries
from .part import STAGING, digest_of, write_part

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from ..model import Trace
    from ..places import Place


@dataclass(frozen=True, slots=True)
class ColumnsFolder:
    """Where the columns of a run go. Workers get a copy, and `keep` what they read."""

    folder: Path
    draft: Path
    """the index until all parts are there: a copy for each worker has the path alone, and not thousands of entries"""

    @classmethod
    def begun(cls, folder: Path, ranks: Mapping[Place, int]) -> ColumnsFolder:
        """Make the folder. ``ranks``: the trace files of the run, with the rank that each says it has, or `MISSING`.

        Raises `NotWritten` for a folder that has files, or cannot be made, and `UsageError` if pyarrow is missing.
        """
        arrow()
        _make(folder)
        into = cls(folder, folder / f".{uuid4().hex}.json")
        named = zip(_names(ranks.values()), ranks.items(), strict=True)
        into._write(into.draft, [Entry(name, str(path), rank) for name, (path, rank) in named])
        return into

    def keep(self, path: Place, trace: Trace) -> None:
        """Write what a reader made of a file, operators included. Raises `NotWritten`."""
        entry = _entries(self.draft)[str(path)]
        part = self.folder / entry.folder
        try:
            write_part(with_rank(trace, entry.rank), part)
        except OSError as error:
            raise _not_written(part, error) from error
        except UsageError as error:
            raise NotWritten(str(error)) from error

    def finish(self, problems: Mapping[str, str] | None = None) -> None:
        """Write the index. ``problems``: by path, the sentence for each file that could not be read.

        Raises `NotWritten`.
        """
        found = [self._found(entry, problems or {}) for entry in _entries(self.draft).values()]
        for left in self.folder.glob(f"{STAGING}*"):
            shutil.rmtree(left, ignore_errors=True)
        self._write(self.folder / INDEX, found)
        self.draft.unlink()

    def _found(self, entry: Entry, problems: Mapping[str, str]) -> Entry:
        """With the digest of its part, or why it has none."""
        part = self.folder / entry.folder
        if not part.is_dir():
            return replace(entry, problem=problems.get(entry.path, ""))
        try:
            return replace(entry, digest=digest_of(part))
        except OSError as error:
            raise _not_written(part, error) from error

    def _write(self, path: Path, entries: Collection[Entry]) -> None:
        try:
            write_entries(path, entries)
        except OSError as error:
            raise _not_written(path, error) from error

    def discard(self) -> None:
        """Remove what was written."""
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def columns_into(folder: Path, ranks: Mapping[Place, int]) -> Iterator[ColumnsFolder]:
    """A folder for columns, which the block finishes. It is removed if the block raises. Raises as ``begun`` does."""
    into = ColumnsFolder.begun(folder, ranks)
    try:
        yield into
    except BaseException:
        into.discard()
        raise


@lru_cache(maxsize=4)
def _entries(draft: Path) -> Mapping[str, Entry]:
    """By the path of the trace file, in the order of the run; each process reads them once."""
    return {entry.path: entry for entry in read_entries(draft)}


def _names(ranks: Collection[int]) -> Iterator[str]:
    """By rank where each file has one of its own, else by place."""
    distinct = len({*ranks} - {MISSING}) == len(ranks)
    return (f"rank={rank}" if distinct else f"trace={place}" for place, rank in enumerate(ranks))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_empty = next(folder.iterdir(), None) is None
    except OSError as error:
        raise NotWritten(f"{folder}: the folder cannot be created ({error.strerror}); choose another place") from error
    if not is_empty:
        raise NotWritten(f"{folder}: is not empty, and columns go into a folder of their own; choose another folder")


def _not_written(path: Path, error: OSError) -> NotWritten:
    return NotWritten(f"{path}: cannot be written ({error.strerror}); choose another place")
