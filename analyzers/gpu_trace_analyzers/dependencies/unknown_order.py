"""Operations of which it is not known what they touch keep the order of their launches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import MISSING
from .edges import Because
from .waits import add_wait

if TYPE_CHECKING:
    from collections.abc import Hashable

    from .waits import Waits

UNKNOWN = int(Because.UNKNOWN)


class UnknownOrder:
    """Such an operation stays behind all that was launched on its stream before it, and before all behind it.

    It also keeps its place between the two that were launched next to it on any stream.
    """

    def __init__(self) -> None:
        self._unknown: dict[Hashable, int] = {}
        """the last such operation of each stream"""
        self._since: dict[Hashable, list[int]] = {}
        """and what was launched there since"""
        self._before_was_unknown = False

    def launched(self, stream: Hashable, row: int, known: bool, waits: Waits) -> None:
        """The next operation; what it has to wait for is added to ``waits``."""
        if row and (self._before_was_unknown or not known):
            add_wait(waits, row - 1, UNKNOWN)
        last = self._unknown.get(stream, MISSING)
        if last != MISSING:
            add_wait(waits, last, UNKNOWN)
        since = self._since.setdefault(stream, [])
        if known:
            since.append(row)
        else:
            for one in since:
                add_wait(waits, one, UNKNOWN)
            self._unknown[stream], self._since[stream] = row, []
        self._before_was_unknown = not known
