"""How much device memory does a schedule hold at once, and how much more than the recording did?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING
from .room import Piece, Room

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..dependencies.edges import Contents
    from .schedule import Times


def extra_bytes(contents: Contents, recorded: Times, planned: Times) -> int:
    """The difference of the peaks of all operations as recorded and as planned, at least 0.

    A content is held from the start of the operation that uses it first to the end of the one that uses it last. Those
    of the host, and those that existed before, do not count.
    """
    own = made_on_devices(contents)
    before, after = peak_bytes(own, recorded), peak_bytes(own, planned)
    return sum(max(0, after[device] - before[device]) for device in before)


def room_of(contents: Contents, recorded: Times) -> Room:
    """As much as the operations of a recording held at once, and what needs it."""
    own = made_on_devices(contents)
    made_by: dict[int, list[Piece]] = {}
    last_used_by: dict[int, list[Piece]] = {}
    columns = (own.device, own.size, own.first, own.last)
    for device, size, first, last in zip(*(column.tolist() for column in columns), strict=True):
        made_by.setdefault(first, []).append(Piece(device, size))
        last_used_by.setdefault(last, []).append(Piece(device, size))
    return Room(peak_bytes(own, recorded), made_by, last_used_by)


def made_on_devices(contents: Contents) -> Contents:
    """Those that operations made in the memory of a device, and whose size is known."""
    return contents[(contents.made == 1) & (contents.device != MISSING) & (contents.size > 0)]


def peak_bytes(contents: Contents, times: Times) -> Mapping[int, int]:
    """By device the most bytes that are held at once."""
    devices = np.unique(contents.device).tolist()
    return {device: _peak(contents[contents.device == device], times) for device in devices}


def _peak(contents: Contents, times: Times) -> int:
    """The most bytes that are held at once."""
    at_ns = np.concatenate([times.start_ns[contents.first], times.end_ns[contents.last]])
    change = np.concatenate([contents.size, -contents.size])
    order = np.lexsort((change, at_ns))  # what ends at an instant makes room for what begins then
    return int(np.cumsum(change[order]).max(initial=0))
