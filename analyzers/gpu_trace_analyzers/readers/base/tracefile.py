"""A file as a reader sees it: its place, its first bytes, and its content in blocks, decompressed."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field
from functools import cached_property, partial
from io import BytesIO
from typing import TYPE_CHECKING

from ...errors import TraceUnreadable
from ...places import CutOff
from .gunzip import MAGIC, gunzip
from .position import followed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...places import Place

BLOCK = 1 << 18
"""Bytes in a block: enough to make the work per block small, little enough to stay in the processor's cache."""

_HEAD = 1 << 16


@dataclass(frozen=True)
class TraceFile:
    """One regular file. ``damage`` collects what was found wrong with it, in sentences."""

    path: Place
    damage: list[str] = field(default_factory=list)

    @cached_property
    def raw_head(self) -> bytes:
        """The first 64 KiB as they are stored. Raises `TraceUnreadable` if it is not a file or cannot be read."""
        if self.path.is_dir():
            raise TraceUnreadable(self.path, "is a folder, not a file", "move the trace in it out of it")
        if self.path.exists() and not self.path.is_file():
            raise TraceUnreadable(self.path, "is not a regular file", "save the trace to a file first")
        try:
            with self.path.open("rb") as file:
                return file.read(_HEAD)
        except OSError as error:
            raise TraceUnreadable(self.path, _why(error), "check the path") from error

    @property
    def is_gzip(self) -> bool:
        """Whether the content is compressed, whatever the name says."""
        return self.raw_head.startswith(MAGIC)

    @cached_property
    def head(self) -> bytes:
        """The beginning of the content, decompressed: at most 64 KiB, of what is in `raw_head`."""
        if not self.is_gzip:
            return self.raw_head
        head = b""
        for block in gunzip(BytesIO(self.raw_head), BLOCK, []):
            head += block
            if len(head) >= _HEAD:
                break
        return head[:_HEAD]

    def blocks(self, size: int = BLOCK) -> Iterator[bytes]:
        """The content, in pieces of at most ``size`` bytes."""
        try:
            with self.path.open("rb") as file:
                blocks = gunzip(file, size, self.damage) if self.is_gzip else iter(partial(file.read, size), b"")
                yield from followed(blocks, self.path, file)
        except CutOff as error:
            self.damage.append(f"the file {error.strerror}: it was cut off")
        except OSError as error:
            raise TraceUnreadable(self.path, _why(error), "check the path and the disk") from error


def _why(error: OSError) -> str:
    if error.errno == errno.ENOENT:
        return "does not exist"
    return f"cannot be read ({os.strerror(error.errno) if error.errno else error})"
