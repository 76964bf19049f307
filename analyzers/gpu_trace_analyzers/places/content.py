"""A file that is open to be read, and one that ends too early."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self


class CutOff(OSError):
    """A file that ends before its stated size: what it has was read."""

    def __init__(self, read: int, size: int) -> None:
        super().__init__(errno.EIO, f"ends after {read:,} of {size:,} bytes")


class Content(Protocol):
    """A file that is open to be read."""

    def read(self, size: int = -1, /) -> bytes: ...

    def tell(self) -> int: ...

    def seek(self, position: int, /) -> int: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> object: ...
