"""A file in a store, read from its begin to its end. What fails is asked for again, from where it failed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

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


class RemoteFile:
    """Raises `CutOff` at the end of what there is of a file that ends before its size, else `TraceUnreadable`."""

    def __init__(self, place: Address, opened: Callable[[], Any], size: int | None, begin: Begin) -> None:
        self._place, self._opened, self._size, self._begin = place, opened, size, begin
        self._file: Any = None
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
            data = self._at_place().read(min(max(FIRST, self._until), LARGEST))
            if not data and self._until < (self._size or 0):
                raise CutOff(self._until, self._size or 0)
        except Exception:
            self._close()
            raise
        return bytes(data)

    def _at_place(self) -> Any:
        """The library's file, opened and moved to where the next bytes begin."""
        if self._file is None:
            self._file = self._opened()
            if self._until:
                _move(self._file, self._until)
        return self._file

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with suppress(Exception):  # it has given what it had
                file.close()


def _move(file: Any, position: int) -> None:
    """Some servers send a file from its begin only."""
    if file.seekable():
        file.seek(position)
        return
    while position and (data := file.read(min(position, LARGEST))):
        position -= len(data)
