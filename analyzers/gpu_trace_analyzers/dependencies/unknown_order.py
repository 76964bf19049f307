"""Operations of which it is not known what they touch keep the order that the recording gave them."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING

from .edges import Because
from .waits import add_wait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .between_streams import Ordered, Stream
    from .waits import Waits

_UNKNOWN = int(Because.UNKNOWN)


class UnknownOrder:
    """Such an operation stays behind all that had to end before it began, and before all that could begin only then.

    That is what is launched on its stream, and on others where one waited for the other or the host waited in between.
    """

    def __init__(self) -> None:
        self._launched: dict[Stream, list[int]] = defaultdict(list)
        """the operations of each stream"""
        self._unknown: dict[Stream, list[int]] = defaultdict(list)
        """those of which it is not known"""
        self._awaited: dict[tuple[Stream, Stream], int] = defaultdict(int)
        """of two streams: what follows on the first one has to wait for all of the second before this row"""
        self._awaited_by_all = 0
        self._held: dict[tuple[Stream, Stream], int] = defaultdict(int)
        """of two streams: the unknown operations of the first are behind all of the second before this row"""

    def ordered(self, by: Ordered) -> None:
        """From now on one stream, or each, has to wait for what was launched on another one, or on any."""
        if by.waiting is None:
            self._awaited_by_all = max(self._awaited_by_all, by.before)
            return
        for other in list(self._launched):
            if by.awaited is None or other[1] == by.awaited:
                self._awaited[by.waiting, other] = max(self._awaited[by.waiting, other], by.before)
                for further in list(self._launched):  # for which the other one had to wait
                    until = max(self._awaited[by.waiting, further], self._awaited[other, further])
                    self._awaited[by.waiting, further] = until

    def launched(self, stream: Stream, row: int, known: bool, waits: Waits) -> None:
        """The next operation; what it has to wait for is added to ``waits``."""
        if not known or self._unknown:
            for before in self._behind_unknown(stream, row) if known else self._behind_all(stream, row):
                add_wait(waits, before, _UNKNOWN)
        self._launched[stream].append(row)
        if not known:
            self._unknown[stream].append(row)

    def _behind_unknown(self, stream: Stream, row: int) -> Iterator[int]:
        for other, rows in self._unknown.items():
            place = bisect_left(rows, self._until(stream, other, row))
            if place:
                yield rows[place - 1]

    def _behind_all(self, stream: Stream, row: int) -> Iterator[int]:
        for other, rows in self._launched.items():
            since, until = self._held[stream, other], self._until(stream, other, row)
            yield from rows[bisect_left(rows, since) : bisect_left(rows, until)]
            self._held[stream, other] = max(since, until)

    def _until(self, stream: Stream, other: Stream, row: int) -> int:
        return row if other == stream else max(self._awaited_by_all, self._awaited[stream, other])
