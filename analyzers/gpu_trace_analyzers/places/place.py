"""From what a user names to a place: a ``Path`` as ever, or a `RemotePlace` with the same names."""

from __future__ import annotations

import re
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol
from urllib.parse import unquote, urlsplit

from ..errors import TraceUnreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePath

    from typing_extensions import Self

    from .content import Content

_URL = re.compile(r"([a-z][a-z0-9+.-]*::)*[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_CHAINED = re.compile(r"::([a-z][a-z0-9+.-]*::)*[a-z][a-z0-9+.-]*://", re.IGNORECASE)
"""As fsspec writes a file inside another, or a cache in front of one."""


class _Stated(Protocol):
    @property
    def st_size(self) -> int: ...


class Place(Protocol):
    """A file or a folder: what ``Path`` and `RemotePlace` have alike. Its text names it, without any secret."""

    @property
    def name(self) -> str: ...

    @property
    def parent(self) -> Self: ...

    def __hash__(self) -> int: ...

    def __lt__(self, other: Self, /) -> bool: ...

    def __truediv__(self, name: str, /) -> Self: ...

    def with_name(self, name: str, /) -> Self: ...

    def relative_to(self, other: Self, /) -> PurePath: ...

    def is_relative_to(self, other: Self, /) -> bool: ...

    def exists(self) -> bool: ...

    def is_dir(self) -> bool: ...

    def is_file(self) -> bool: ...

    def is_symlink(self) -> bool: ...

    def iterdir(self) -> Iterator[Self]: ...

    def stat(self) -> _Stated: ...

    def open(self, mode: Literal["rb"], /) -> Content: ...

    def read_bytes(self) -> bytes: ...


def is_url(text: str) -> bool:
    """Whether it names something by a URL."""
    return _URL.match(text) is not None


def place(named: str | PathLike[str] | Place) -> Place:
    """The place that a path or a URL names. ``file://`` is a path.

    Raises `TraceUnreadable` for a URL of another form.
    """
    if not isinstance(named, str | PathLike):
        return named
    if not isinstance(named, str) or not is_url(named):
        return Path(named)
    if _CHAINED.search(named):
        raise TraceUnreadable(named, "is a chain of URLs, which cannot be read", "give the URL of the file or folder")
    scheme, _, rest = named.partition("://")
    if scheme.lower() == "file":
        return _path(named)
    if not rest.partition("?")[0].strip("/"):
        raise TraceUnreadable(named, "names nothing", f"write what to read behind {scheme}://")
    from .remote import RemotePlace  # seldom needed

    return RemotePlace.of(named)


def _path(url: str) -> Path:
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost"):
        raise TraceUnreadable(url, "names a file of another machine", "write file:///PATH, or just the path")
    if not parts.path:
        raise TraceUnreadable(url, "names nothing", "write file:///PATH, or just the path")
    return Path(unquote(parts.path))
