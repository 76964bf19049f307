"""What the script's process noted about itself: facts, one a line, ``key<TAB>value``, by the keys of the contract."""

from __future__ import annotations

import ctypes
import errno
import json
import os
from typing import TYPE_CHECKING, Any, overload

from ..boot.contract import (
    DEVICES,
    FAILED,
    NOT_SAVED,
    RESERVED_NOTES,
    STOPPED,
    STOPPING,
    Number,
    Numbers,
    Text,
    notes_file,
)

if TYPE_CHECKING:
    from pathlib import Path

_ROOM = 1 << 16
_KEEP_SIZE = 1
"""FALLOC_FL_KEEP_SIZE in linux/falloc.h"""


class Notes:
    """The facts of one process, in the order in which they were noted."""

    def __init__(self, text: str) -> None:
        lines = (line.partition("\t") for line in text.split("\n") if line)
        self._facts = [(key, value) for key, _, value in lines]

    @property
    def is_saving(self) -> bool:
        """Whether the stopping of a session began that neither was saved nor failed."""
        ended = len(self.all(STOPPED)) + sum(text.startswith(NOT_SAVED) for text in self.all(FAILED))
        return len(self.all(STOPPING)) > ended

    @overload
    def all(self, key: Text) -> list[str]: ...
    @overload
    def all(self, key: Number) -> list[int]: ...
    @overload
    def all(self, key: Numbers) -> list[tuple[int, ...]]: ...

    def all(self, key: Text | Number | Numbers) -> list[str] | list[int] | list[tuple[int, ...]]:
        """Every value noted under a key; numbers that were not written whole, on a full disk, are left out."""
        values = [value for name, value in self._facts if name == key.name]
        if isinstance(key, Text):
            return values
        count = len(key.fields) if isinstance(key, Numbers) else 1
        rows = [tuple(map(int, words)) for words in map(str.split, values) if _are_numbers(words, count)]
        return rows if isinstance(key, Numbers) else [row[0] for row in rows]

    def last(self, key: Text) -> str:
        """The latest value; empty where there is none."""
        return (self.all(key) or [""])[-1]

    def last_number(self, key: Number) -> int | None:
        """The latest value; None where there is none."""
        values = self.all(key)
        return values[-1] if values else None

    @property
    def devices(self) -> list[dict[str, Any]]:
        """The GPUs of the process, as Kineto describes them; none where it did not come to describe any."""
        try:
            return list(json.loads(self.last(DEVICES) or "[]"))
        except ValueError:  # the disk was full
            return []


def reserve(raw: Path) -> None:
    """Make the file into which the first process writes its notes, with room for them whatever fills the disk.

    So that a full disk has a reason to be told by. Raises OSError where there is no such room now.
    """
    with (raw / RESERVED_NOTES).open("wb") as file:
        # Unlike os.posix_fallocate, this leaves the file empty: notes are appended.
        refused = ctypes.CDLL(None, use_errno=True).fallocate(
            file.fileno(), _KEEP_SIZE, ctypes.c_int64(0), ctypes.c_int64(_ROOM)
        )
    if refused and (number := ctypes.get_errno()) == errno.ENOSPC:  # other numbers: not every file system can
        raise OSError(number, os.strerror(number))


def _are_numbers(words: list[str], count: int) -> bool:
    return len(words) == count and all(len(word) < 20 and word.removeprefix("-").isdecimal() for word in words)


def read(raw: Path, pid: int) -> Notes:
    """The notes of a process; none where it did not come to write any."""
    try:
        return Notes((raw / notes_file(pid)).read_text("utf-8", "replace"))
    except OSError:
        return Notes("")
