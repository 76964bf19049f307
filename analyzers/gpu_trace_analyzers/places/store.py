"""What a store says of its files and folders: each is asked once, and asked again when the answer fails."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ..errors import TraceUnreadable
from .patience import patiently
from .problems import is_forbidden, is_missing, unreadable
from .remote_file import Begin, Opener, RemoteFile
from .systems import is_stream, system_of
from .web_stream import WebStream

if TYPE_CHECKING:
    from collections.abc import Callable

    from fsspec import AbstractFileSystem

    from .address import Address

_Answer = TypeVar("_Answer")


class Entry(NamedTuple):
    """What there is under a name."""

    is_folder: bool
    size: int | None
    """in bytes; None where the store does not state it"""

    @classmethod
    def of(cls, details: dict[str, Any]) -> Entry:
        """Of what fsspec has of a file or a folder."""
        is_folder = details["type"] == "directory" or _is_list_of_files(details)
        return cls(is_folder, None if is_folder else details.get("size"))


@dataclass(slots=True, eq=False)
class Store:
    """One for all places that come from one that a user named, for whom nothing in it changes meanwhile."""

    _entries: dict[Address, Entry | None] = field(default_factory=dict)
    _listed: dict[Address, dict[str, Entry]] = field(default_factory=dict)
    _begins: dict[Address, Begin] = field(default_factory=dict)
    """of the file that was opened last"""
    _has_asked: bool = False

    def note_folder(self, folder: Address) -> None:
        """The user calls it one, by a slash at its end; a web server cannot say it."""
        self._entries[folder] = Entry(True, None)

    def entry(self, place: Address) -> Entry | None:
        """What there is; None for nothing, and for what may not be seen. A folder is listed at its first question."""
        if place != place.parent and self._is_known_folder(place.parent):
            return self._list(place.parent).get(place.name)
        if place not in self._entries:
            self._entries[place] = self._asked(place, _entry_or_none)
        return self._entries[place]

    def names(self, folder: Address) -> list[str]:
        """Of the files and folders in a folder."""
        return sorted(self._list(folder))

    def open(self, place: Address) -> RemoteFile:
        """The content of a file, from its begin."""
        entry = self.entry(place) or self._asked(place, _entry)
        if entry.is_folder:
            raise TraceUnreadable(place, "is a folder, not a file", "give a file in it")
        if place not in self._begins:
            self._begins = {place: Begin()}
        return RemoteFile(place, self._opener(place), entry.size, self._begins[place])

    def _opener(self, place: Address) -> Opener:
        system, path = self._system(place)
        if is_stream(place):
            return Opener(WebStream(system, path).open, is_stream=True)
        return Opener(lambda _: system.open(path, "rb", cache_type="none"))  # RemoteFile decides how much it asks for

    def _is_known_folder(self, place: Address) -> bool:
        entry = self._entries.get(place) or self._listed.get(place.parent, {}).get(place.name)
        return place in self._listed or (entry is not None and entry.is_folder)

    def _list(self, folder: Address) -> dict[str, Entry]:
        if folder not in self._listed:
            self._listed[folder] = self._asked(folder, _names)
        return self._listed[folder]

    def _asked(self, place: Address, ask: Callable[[AbstractFileSystem, str], _Answer]) -> _Answer:
        """What the file system answers. Raises `TraceUnreadable`."""
        try:
            system, path = self._system(place)
            return patiently(partial(ask, system, path))
        except Exception as error:  # each library has errors of its own
            raise unreadable(place, error) from None

    def _system(self, place: Address) -> tuple[AbstractFileSystem, str]:
        system, path = system_of(place)
        if not self._has_asked:
            system.invalidate_cache()  # of what an earlier place asked
            self._has_asked = True
        return system, path


def _is_list_of_files(details: dict[str, Any]) -> bool:
    """Whether a web server, asked for a name without a slash at its end, went on to the page with one."""
    return details.get("mimetype") == "text/html" and str(details.get("url", "")).endswith("/")


def _entry(system: AbstractFileSystem, path: str) -> Entry:
    return Entry.of(system.info(path))


def _entry_or_none(system: AbstractFileSystem, path: str) -> Entry | None:
    try:
        return _entry(system, path)
    except Exception as error:
        if is_missing(error) or is_forbidden(error):
            return None
        raise


def _names(system: AbstractFileSystem, path: str) -> dict[str, Entry]:
    """What is in a folder. Some stores keep an empty object of its own name."""
    found = {each["name"].strip("/"): Entry.of(each) for each in system.ls(path, detail=True)}
    return {name.rpartition("/")[2]: entry for name, entry in found.items() if name != path.strip("/")}
