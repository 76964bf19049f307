"""Gzip to bytes in pieces of bounded size, keeping everything in front of the first damaged byte."""

from __future__ import annotations

import zlib
from itertools import islice
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ...places import Content

MAGIC = b"\x1f\x8b"
_WINDOW_BITS = 31  # a gzip header, not a zlib one
_TAKE = 1 << 18
_TAKE_CAREFULLY = 1 << 12


class _Inflater(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    @property
    def unconsumed_tail(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def gunzip(file: Content, size: int, damage: list[str]) -> Iterator[bytes]:
    """Pieces of at most about ``size`` bytes. What is wrong with the file is appended to ``damage`` in a sentence.

    A decompressor that meets an error keeps to itself what it had made in that call. So then the file is read again
    with `_Careful`, and what comes out is every byte in front of the damage.
    """
    given = 0
    new_inflater, failure = _fastest()
    try:
        for piece in _inflated(file, size, _TAKE, new_inflater, damage):
            given += len(piece)
            yield piece
        return
    except failure as error:
        problem = str(error)
    file.seek(0)
    try:
        for piece in _inflated(file, size, _TAKE_CAREFULLY, _Careful, []):
            skip = min(given, len(piece))
            given -= skip
            if skip < len(piece):
                yield piece[skip:]
    except zlib.error:
        pass  # already known: it is the error for which the file is read again
    damage.append(f"the gzip data is damaged ({problem}); data after the damage is lost")


def _fastest() -> tuple[Callable[[], _Inflater], type[Exception]]:
    """The decompressor of isal where it is installed (a tenth of the time), else of zlib, and the error it raises."""
    try:
        from isal import isal_zlib
    except ImportError:
        return lambda: zlib.decompressobj(_WINDOW_BITS), zlib.error
    failure = cast("type[Exception]", isal_zlib.IsalError)  # its stub says that it is an instance
    return lambda: isal_zlib.decompressobj(_WINDOW_BITS), failure


class _Careful:
    """A decompressor that gives what comes before an error, and raises the error in the next call."""

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(_WINDOW_BITS)
        self._error: zlib.error | None = None

    @property
    def eof(self) -> bool:
        return self._inflater.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflater.unused_data

    @property
    def unconsumed_tail(self) -> bytes:
        return self._inflater.unconsumed_tail

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        if self._error:
            raise self._error
        before = self._inflater.copy()
        try:
            return self._inflater.decompress(data, max_length)
        except zlib.error as error:
            self._error, self._inflater = error, before
            return self._until_the_error(data)

    def _until_the_error(self, data: bytes) -> bytes:
        out = bytearray()
        try:
            for at in range(len(data)):
                out += self._inflater.decompress(data[at : at + 1])
        except zlib.error:
            self._inflater = zlib.decompressobj(_WINDOW_BITS)  # forgets a tail that would be fed again
        return bytes(out)


def _inflated(
    file: Content, size: int, take: int, new_inflater: Callable[[], _Inflater], damage: list[str]
) -> Iterator[bytes]:
    inflater, pending, begun = new_inflater(), b"", False
    while data := pending or file.read(take):
        piece = inflater.decompress(data, size)
        begun, pending = True, inflater.unconsumed_tail
        if piece:
            yield piece
        if inflater.eof:  # of this member; another may follow
            pending = inflater.unused_data.lstrip(b"\0") or _past_zeros(file, take)
            if pending and not pending.startswith(MAGIC[: len(pending)]):
                damage.append("data after the gzip data is not gzip and was not read")
                return
            inflater, begun = new_inflater(), bool(pending)
    if begun:
        damage.append("the gzip data ends in the middle: the file was cut off")


def _past_zeros(file: Content, take: int) -> bytes:
    """The next bytes of a file after its padding."""
    pieces = iter(lambda: file.read(take), b"")
    return b"".join(islice((left for piece in pieces if (left := piece.lstrip(b"\0"))), 1))
