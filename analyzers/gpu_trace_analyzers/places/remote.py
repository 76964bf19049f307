"""A file or a folder in a store, as a value: what ``Path`` is for a disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal, NamedTuple

from .address import Address
from .store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .remote_file import RemoteFile


class Stated(NamedTuple):
    """What the store says of a file."""

    st_size: int


@dataclass(frozen=True, slots=True)
class RemotePlace:
    """Places that come from one another share what their store said. One that was pickled asks anew."""

    address: Address
    store: Store = field(default_factory=Store, compare=False, repr=False)

    @classmethod
    def of(cls, url: str) -> RemotePlace:
        """The place of a URL, as a user types it."""
        found = cls(Address.of(url))
        if url.endswith("/") or found.address.is_server:
            found.store.note_folder(found.address)
        return found

    def __reduce__(self) -> tuple[object, ...]:
        return RemotePlace, (self.address,)

    def __str__(self) -> str:
        return str(self.address)

    def __lt__(self, other: RemotePlace) -> bool:
        return self.address.parts < other.address.parts

    def __truediv__(self, name: str) -> RemotePlace:
        return RemotePlace(self.address.inside(name), self.store)

    @property
    def name(self) -> str:
        return self.address.name

    @property
    def parent(self) -> RemotePlace:
        """The folder that it is in; of a bucket, that itself."""
        return RemotePlace(self.address.parent, self.store)

    def with_name(self, name: str) -> RemotePlace:
        return self.parent / name

    def is_relative_to(self, other: RemotePlace) -> bool:
        return self.address.is_inside(other.address)

    def relative_to(self, other: RemotePlace) -> PurePosixPath:
        """Raises ``ValueError`` for what is elsewhere."""
        if not self.is_relative_to(other):
            raise ValueError(f"{self} is not in {other}")
        return PurePosixPath(*self.address.parts[len(other.address.parts) :])

    def exists(self) -> bool:
        """Whether there is a file or a folder. What may not be seen counts as not there."""
        return self.store.entry(self.address) is not None

    def is_dir(self) -> bool:
        entry = self.store.entry(self.address)
        return entry is not None and entry.is_folder

    def is_file(self) -> bool:
        entry = self.store.entry(self.address)
        return entry is not None and not entry.is_folder

    def is_symlink(self) -> bool:
        """Never: stores have none, and a server shows what a link leads to."""
        return False

    def iterdir(self) -> Iterator[RemotePlace]:
        """What is in the folder. Raises `TraceUnreadable` where it may not be listed."""
        return (self / name for name in self.store.names(self.address))

    def stat(self) -> Stated:
        """Its size in bytes, 0 where the store does not state one."""
        entry = self.store.entry(self.address)
        return Stated((entry and entry.size) or 0)

    def open(self, mode: Literal["rb"] = "rb") -> RemoteFile:  # noqa: ARG002  # as of Path; there is one mode
        """Open it to be read as a stream. Raises `TraceUnreadable` where that is not possible."""
        return self.store.open(self.address)

    def read_bytes(self) -> bytes:
        """All of it. Raises ``FileNotFoundError`` where there is none, as ``Path`` does, else `TraceUnreadable`."""
        if not self.exists():
            raise FileNotFoundError(2, "No such file", str(self))
        with self.open() as file:
            return file.read()
