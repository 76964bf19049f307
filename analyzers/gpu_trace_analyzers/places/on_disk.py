"""A file that must lie on this machine's disk, for a library that takes nothing else."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import TraceUnreadable, UsageError
from .content import CutOff
from .remote_file import LARGEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .place import Place


@contextmanager
def on_disk(place: Place) -> Iterator[Path]:
    """Its path, for as long as the block takes: a remote file is fetched for that, and removed afterwards."""
    if isinstance(place, Path):
        yield place
        return
    with _temporary(place) as folder:
        yield fetched(place, folder)


def fetched(place: Place, folder: Path) -> Path:
    """The path of a copy in a folder.

    Raises `TraceUnreadable` for a file that ends too early, and `UsageError` where the folder has no room.
    """
    copy = folder / place.name
    try:
        with place.open("rb") as file, copy.open("wb") as out:
            for block in iter(partial(file.read, LARGEST), b""):
                out.write(block)
    except CutOff as error:
        raise TraceUnreadable(place, f"{error.strerror}: it was cut off", "upload it again") from None
    except OSError as error:
        raise _no_room(place, error) from error
    return copy


@contextmanager
def _temporary(place: Place) -> Iterator[Path]:
    try:
        folder = tempfile.TemporaryDirectory(prefix="gpu-trace-")
    except OSError as error:
        raise _no_room(place, error) from error
    with folder as path:
        yield Path(path)


def _no_room(place: Place, error: OSError) -> UsageError:
    return UsageError(f"{place}: cannot be fetched to this machine ({error.strerror}); set TMPDIR to another folder")
