"""A file in a store, read from its begin to its end. What fails is asked for again, from where it failed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from .content import CutOff
from .patience import patiently
from .problems import unreadable

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from typing_extensions import Self

    from .address import Address

FIRST, LARGEST = 1 << 18, 1 << 23
"""Bytes of the first request and of the largest: what a file is shows in its first, and later ones cost no more than
they bring. Each is twice the one before."""


@dataclass(slots=True)
class Begin:
    """The first bytes of a file, once they are read: it is opened several times, to see what it is and to read it."""

    data: bytes = b""


class Opener(NamedTuple):
    """Opens the file as its library does. A stream gives its content once."""

    open: Callable[[int], Any]
    """a stream at this position, any other file at its begin"""
    is_stream: bool = False


class RemoteFile:
    """Raises `CutOff` at the end of what there is of a file that ends before its size, else `TraceUnreadable`."""

    def __init__(self, place: Address, opener: Opener, size: int | None, begin: Begin) -> None:
        self._place, self._opener, self._size, self._begin = place, opener, size, begin
        self._file: Any = None
        self._failures = 0
        self._ahead, self._given, self._until = b"", 0, 0
        """what is fetched, how much of that is given away, and the position behind it"""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def tell(self) -> int:
        """How much was read."""
        return self._until - len(self._ahead) + self._given

    def seek(self, position: int) -> int:
        """Read on from there."""
        self._ahead, self._given, self._until = b"", 0, position
        self._close()
        return position

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes, none at the end; all that are left if no number is given."""
        if size < 0:
            return b"".join(iter(partial(self.read, LARGEST), b""))
        if self._given == len(self._ahead):
            self._ahead, self._given = self._next(), 0
            self._until += len(self._ahead)
        piece = self._ahead[self._given : self._given + size]
        self._given += len(piece)
        return piece

    def _next(self) -> bytes:
        if self._until < len(self._begin.data):
            return self._begin.data[self._until :]
        try:
            data = patiently(self._fetch)
        except CutOff:
            raise
        except Exception as error:  # each library has errors of its own
            raise unreadable(self._place, error) from None
        if not self._until:
            self._begin.data = data
        return data

    def _fetch(self) -> bytes:
        try:
            data = _read(self._at_place(), min(max(FIRST, self._until), LARGEST))
            if not data and self._until < (self._size or 0):
                raise CutOff(self._until, self._size or 0)
        except Exception:
            self._failures += 1
            if self._failures > 1 or self._opener.is_stream:  # else it is as good as before, and to open it takes time
                self._close()
            raise
        self._failures = 0
        return data

    def _at_place(self) -> Any:
        """The library's file, opened and moved to where the next bytes begin."""
        if self._file is None:
            self._file, self._failures = self._opener.open(self._until), 0
        if not self._opener.is_stream:
            self._file.seek(self._until)  # also past what came before a failure and was not kept
        return self._file

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with suppress(Exception):  # it has given what it had
                file.close()


def _read(file: Any, size: int) -> bytes:
    """So many bytes, less at the end only: a stream gives what has come so far."""
    pieces = []
    while size and (piece := file.read(size)):
        pieces.append(bytes(piece))
        size -= len(piece)
    return b"".join(pieces)
