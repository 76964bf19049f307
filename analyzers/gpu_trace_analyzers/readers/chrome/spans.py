"""Events of one category as columns, whichever way they were read."""

from __future__ import annotations

from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from ..base.stamps import nanoseconds_of
from .events import texts
from .values import Values

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Self

    from numpy.typing import NDArray

    from ...model import Int64
    from .events import Event
    from .values import Distinct


class Times(NamedTuple):
    """When events were, and whether any stamp had a decimal point."""

    ns: Int64
    """(n,), `NO_TIME` where there is none"""
    have_decimals: bool


class Spans(Protocol):
    """n events. What is asked of them is made then, so that a column nothing is asked of costs nothing."""

    @property
    def distinct(self) -> Distinct:
        """What codes stand for."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: NDArray[np.bool_]) -> Self:
        """Those that a mask selects."""

    @property
    def name(self) -> Int64:
        """(n,) codes."""

    @property
    def pid(self) -> Values: ...

    @property
    def tid(self) -> Values: ...

    @property
    def start(self) -> Times: ...

    @property
    def duration(self) -> Times: ...

    def argument(self, name: str) -> Values:
        """A field of `Args` that holds a number or a text."""

    def as_written(self, name: str) -> Int64:
        """A field of `Args` that is kept as it is written: (n,) codes of bytes, which are empty where it is not."""


class DecodedSpans:
    """Those that were decoded one by one."""

    def __init__(self, events: list[Event], distinct: Distinct) -> None:
        self.events = events
        self.distinct = distinct

    def __len__(self) -> int:
        return len(self.events)

    def __getitem__(self, rows: NDArray[np.bool_]) -> Self:
        kept = [event for event, kept in zip(self.events, rows.tolist(), strict=True) if kept]
        return type(self)(kept, self.distinct)

    @property
    def name(self) -> Int64:
        return self.distinct.codes([event.name for event in self.events])

    @cached_property
    def pid(self) -> Values:
        return Values.of([event.pid for event in self.events], self.distinct)

    @cached_property
    def tid(self) -> Values:
        return Values.of([event.tid for event in self.events], self.distinct)

    @property
    def start(self) -> Times:
        return _times([event.ts for event in self.events])

    @property
    def duration(self) -> Times:
        return _times([event.dur for event in self.events])

    def argument(self, name: str) -> Values:
        return Values.of(list(map(attrgetter(name), self._args)), self.distinct)

    def as_written(self, name: str) -> Int64:
        return self.distinct.codes(texts(map(attrgetter(name), self._args)).split(b"\0")[:-1])

    @cached_property
    def _args(self) -> list[Any]:
        return [event.args for event in self.events]


class JoinedSpans:
    """Several, of which there is one at least, one behind the other."""

    def __init__(self, parts: Sequence[Spans]) -> None:
        self._parts = parts

    @property
    def distinct(self) -> Distinct:
        return self._parts[0].distinct

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __getitem__(self, rows: NDArray[np.bool_]) -> Self:
        masks = np.split(rows, np.cumsum([len(part) for part in self._parts])[:-1])
        return type(self)([part[mask] for part, mask in zip(self._parts, masks, strict=True)])

    @property
    def name(self) -> Int64:
        return np.concatenate([part.name for part in self._parts])

    @property
    def pid(self) -> Values:
        return Values.joined([part.pid for part in self._parts])

    @property
    def tid(self) -> Values:
        return Values.joined([part.tid for part in self._parts])

    @property
    def start(self) -> Times:
        return _joined([part.start for part in self._parts])

    @property
    def duration(self) -> Times:
        return _joined([part.duration for part in self._parts])

    def argument(self, name: str) -> Values:
        return Values.joined([part.argument(name) for part in self._parts])

    def as_written(self, name: str) -> Int64:
        return np.concatenate([part.as_written(name) for part in self._parts])


def _joined(parts: list[Times]) -> Times:
    return Times(np.concatenate([part.ns for part in parts]), any(part.have_decimals for part in parts))


def _times(raws: Iterable[Any]) -> Times:
    stamps = texts(raws)
    return Times(nanoseconds_of(stamps), b"." in stamps)
