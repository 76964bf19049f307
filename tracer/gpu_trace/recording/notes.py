"""What the script's process noted about itself: facts, one a line, ``key<TAB>value``."""

from __future__ import annotations

import ctypes
import errno
import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

RESERVED = "notes"
_ROOM = 1 << 16
_KEEP_SIZE = 1
"""FALLOC_FL_KEEP_SIZE in linux/falloc.h"""


class Notes:
    """The facts of one process, in the order in which they were noted."""

    def __init__(self, text: str) -> None:
        lines = (line.partition("\t") for line in text.splitlines())
        self._facts = [(key, value) for key, _, value in lines]

    @property
    def latest(self) -> str:
        """The key of the latest fact; empty where there is none."""
        return self._facts[-1][0] if self._facts else ""

    def all(self, key: str) -> list[str]:
        """Every value noted under a key."""
        return [value for name, value in self._facts if name == key]

    def last(self, key: str) -> str:
        """The latest value; empty where there is none."""
        return (self.all(key) or [""])[-1]

    @property
    def devices(self) -> list[dict[str, Any]]:
        """The GPUs of the process, as Kineto describes them; none where it did not come to describe any."""
        try:
            return list(json.loads(self.last("devices") or "[]"))
        except ValueError:  # the disk was full
            return []


def reserve(raw: Path) -> None:
    """Make the file into which the first process writes its notes, with room for them whatever fills the disk.

    So that a full disk has a reason to be told by. Raises OSError where there is no such room now.
    """
    with (raw / RESERVED).open("wb") as file:
        # Unlike os.posix_fallocate, this leaves the file empty: notes are appended.
        refused = ctypes.CDLL(None, use_errno=True).fallocate(
            file.fileno(), _KEEP_SIZE, ctypes.c_int64(0), ctypes.c_int64(_ROOM)
        )
    if refused and (number := ctypes.get_errno()) == errno.ENOSPC:  # other numbers: not every file system can
        raise OSError(number, os.strerror(number))


def read(path: Path) -> Notes:
    """The notes of a file; none where the process did not come to write any."""
    try:
        return Notes(path.read_text("utf-8", "replace"))
    except OSError:
        return Notes("")
