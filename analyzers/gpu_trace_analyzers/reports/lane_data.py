"""One lane of the timeline as data: its spans exactly as long as they were, in columns of small numbers.

How much of a lane is painted at any zoom is for the page to reckon; nothing is merged or left out here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..few_distinct import few_distinct
from ..model import MISSING
from .fitting import shortened
from .plain import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from ..intervals import Intervals
    from ..model import Int32, Int64

LONGEST_NAME = 160
LOST = ("lost-copy", "lost-collective", "lost-idle")
"""the kinds of lanes whose spans are times that a device lost, and not work"""


@dataclass(frozen=True, slots=True)
class Names:
    """Texts that spans are named with, each once."""

    codes: dict[str, int] = field(default_factory=dict)

    def code(self, text: str) -> int:
        """The position of a text among them, as much of it as a page shows."""
        return self.codes.setdefault(shortened(plain(text), LONGEST_NAME), len(self.codes))

    def column(self, values: NDArray[np.signedinteger[Any]], text: Callable[[int], str]) -> Int32:
        """The position of each value's text: (n,) int32; `MISSING` where the value is."""
        distinct, which = few_distinct(values)
        codes = [self.code(text(value)) if value != MISSING else MISSING for value in distinct.tolist()]
        return np.array(codes, np.int32)[which]


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """One row of the timeline, of one kind of span, which is the variable of the page's style that colors it.

    All columns are (n,), in order of their starts. From when until when, in ns since the page's zero; and what is
    said of each, as positions in `Names`: its name, what it ran on, and the range that launched it. The last two are
    `MISSING` where there is none. Spans may overlap, where several streams run at once; none is empty.
    """

    name: str
    kind: str
    start_ns: Int64
    end_ns: Int64
    names: Int32
    streams: Int32
    ranges: Int32

    def document(self) -> dict[str, Any]:
        """What the page has of it beside its columns."""
        return {"name": self.name, "kind": self.kind, "count": len(self.names), "lost": self.kind in LOST}

    def columns(self) -> Iterator[NDArray[np.integer]]:
        """Distances between starts (the first from zero), lengths, names, streams and ranges (from 1; 0: none)."""
        yield np.diff(self.start_ns, prepend=0)
        yield self.end_ns - self.start_ns
        yield self.names
        yield self.streams - MISSING
        yield self.ranges - MISSING


@dataclass(frozen=True, slots=True, eq=False)
class IdleLane:
    """When a device did nothing, in pieces of one cause each.

    The page knows when it did something, and so when it did not: the times of a million gaps would make it half as
    large again. It is told the rest: the time of which this is said, the instants at which the cause changes inside a
    gap, and the cause of each piece, a position in `Names`.
    """

    name: str
    recorded: Intervals
    """ns since the page's zero"""
    cuts_ns: Int64
    names: Int32
    kind: str = "lost-idle"

    def document(self) -> dict[str, Any]:
        """What the page has of it beside its columns."""
        counts = {"count": len(self.names), "recorded": len(self.recorded), "cuts": len(self.cuts_ns)}
        return {"name": self.name, "kind": self.kind, "lost": True, **counts}

    def columns(self) -> Iterator[NDArray[np.integer]]:
        """Distances between starts and lengths of what was recorded, distances of cuts, names."""
        start_ns, end_ns = self.recorded.start_ns, self.recorded.end_ns
        yield from (np.diff(start_ns, prepend=0), end_ns - start_ns, np.diff(self.cuts_ns, prepend=0), self.names)


@dataclass(frozen=True, slots=True)
class Group:
    """The lanes of a device, or those of the host."""

    title: str
    lanes: list[Lane | IdleLane]
    device: int | None = None
    """position in ``Trace.devices``; None for the host"""
    rank: int | None = None
    """of a job"""

    def document(self) -> dict[str, Any]:
        """What the page has of it beside the columns of its lanes."""
        lanes = [lane.document() for lane in self.lanes]
        return {"title": self.title, "device": self.device, "rank": self.rank, "lanes": lanes}
