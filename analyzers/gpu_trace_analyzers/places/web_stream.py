"""A file that a web server sends by one request: after a break it is sent on from there, if the server can do that."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

LARGEST = 1 << 23
"""bytes that are skipped at once"""
_PART, _NO_SUCH_PART = 206, 416


@dataclass(slots=True)
class WebStream:
    """Opens one file again and again. What is sent on is of the same version of it, or else all is sent again."""

    system: Any
    """fsspec's, of the server"""
    path: str
    _version: str = ""
    """of what was sent at first, as its server calls it; empty if a part cannot be asked for"""

    def open(self, position: int) -> Any:
        """The file of the library, at this position."""
        file = self._opened(position)
        if file.r.status != _PART:
            self._version = _version(file)
            _skip(file, position)
        return file

    def _opened(self, position: int) -> Any:
        """From this position on, or else from the begin."""
        if position and self._version:
            with suppress(_NotSent):
                return self._part(position)
        return self.system.open(self.path, "rb", block_size=0)

    def _part(self, position: int) -> Any:
        """What the server sends if it is asked for what begins there. Raises `_NotSent` for what is of no use."""
        asked = {"Range": f"bytes={position}-", "If-Range": self._version}
        headers = {**self.system.kwargs.get("headers", {}), **asked}
        try:
            # with a size the library does not ask for it, by a request that would have these headers too
            file = self.system.open(self.path, "rb", block_size=0, size=position + 1, headers=headers)
        except Exception as error:
            if getattr(error, "status", None) == _NO_SUCH_PART:
                raise _NotSent from error
            raise
        if file.r.status == _PART and not file.r.headers.get("Content-Range", "").startswith(f"bytes {position}-"):
            file.close()
            raise _NotSent
        return file


class _NotSent(Exception):
    """A server does not send this part of a file."""


def _version(file: Any) -> str:
    """As ``If-Range`` takes it. A content that the server compresses for the way cannot be asked for in part."""
    headers = file.r.headers
    if headers.get("Content-Encoding", "identity") != "identity":
        return ""
    tag = str(headers.get("ETag", ""))
    return tag if tag.startswith('"') else str(headers.get("Last-Modified", ""))


def _skip(file: Any, size: int) -> None:
    while size and (data := file.read(min(size, LARGEST))):
        size -= len(data)
