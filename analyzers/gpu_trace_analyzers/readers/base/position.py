"""How much of which file has been read? A progress bar asks this from another thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...places import Content, Place


class Position(NamedTuple):
    """``read`` of ``size`` bytes as they are stored."""

    path: Place
    read: int
    size: int


_current: Position | None = None


def current() -> Position | None:
    """Where the reader is; None while no file is being read."""
    return _current


def followed(blocks: Iterator[bytes], path: Place, file: Content) -> Iterator[bytes]:
    """The blocks of a file, whose position is `current` until they end."""
    global _current  # one file is read at a time
    size = path.stat().st_size
    try:
        for block in blocks:
            _current = Position(path, file.tell(), size)
            yield block
    finally:
        _current = None
