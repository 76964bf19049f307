"""What reports are made of: plain data, which each form (terminal, markdown, page) draws without knowing any figure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from ..model import MISSING
from ..units import duration, share


@dataclass(frozen=True, slots=True)
class Source:
    """What was read, and which part of it counts."""

    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """What is missing in the figures, or in doubt."""

    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer in one sentence, about a device or about the whole job, and what is said right below it."""

    text: str
    below: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence."""

    text: str


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence that is read last: what a table or the whole report does not have."""

    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Figures in words, a line each."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure, large, with its name below; ``bad`` draws the eye."""

    value: str
    name: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Tiles:
    """The figures that a page shows large. Text has them in its lines."""

    tiles: tuple[Tile, ...]


class Kind(Enum):
    """What a column holds."""

    WORD = "word"
    FIGURE = "figure"


@dataclass(frozen=True, slots=True)
class Column:
    """The heading of a column, what it holds, and when it is left out where the room is small."""

    title: str
    drop_order: int | None = None
    """the column with the lowest is left out first; None: never"""
    kind: Kind = Kind.FIGURE
    room: int | None = None
    """characters of its cells that a terminal keeps; None: all of them"""


@dataclass(frozen=True, slots=True)
class Bar:
    """How much of a whole one row is; ``kind`` names its color."""

    part: int
    whole: int
    kind: str


Stretches: TypeAlias = tuple[tuple[int, int], ...]
"""ranks: first and last of each stretch, inclusive"""
SHORTEST_NAME = 16
"""characters of a name that a narrow terminal keeps"""


@dataclass(frozen=True, slots=True)
class Span:
    """When something happened, on the clock of the trace. A page brings it into view on its timeline."""

    start_ns: int
    end_ns: int
    device: int
    """position in ``Trace.devices``; `MISSING` for a step of several"""
    rank: int = MISSING


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one cell per column; where it has ``bars``, of one bar each too."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    bars: tuple[Bar, ...] = ()
    name_room: int = SHORTEST_NAME
    """characters of the names in the first column for which a narrow terminal leaves out other columns"""
    every_row: bool = False
    """whether a terminal has all of its rows, because so many were asked for"""
    spans: tuple[Span, ...] = ()
    """when each row was, if rows are stretches of time"""
    ranks: tuple[Stretches, ...] = ()
    """the ranks that each row is of, if rows are of some: a page shows them on its map"""

    @property
    def headings(self) -> tuple[str, ...]:
        """The titles of the columns."""
        return tuple(column.title for column in self.columns)


class _OfAWhole:
    """What has a time ``ns`` that is a part of ``whole_ns``."""

    __slots__ = ()
    ns: int
    whole_ns: int

    @property
    def time(self) -> str:
        """``1.15 ms``."""
        return duration(self.ns)

    @property
    def share(self) -> str:
        """``98.0 %`` of the whole."""
        return share(self.ns, self.whole_ns)


@dataclass(frozen=True, slots=True)
class Cause(_OfAWhole):
    """What one cause took of a time, how often, what to do about it, and its evidence."""

    what: str
    """the time that it took: ``exposed copies``, ``idle``"""
    kind: str
    """names its color"""
    title: str
    ns: int
    whole_ns: int
    """the time that it is a part of"""
    often: str
    """how often, in words: ``50 intervals``"""
    times: int
    remedy: str
    """empty where nothing can be done"""
    saving: str
    """what the fix can save; empty where that is nothing"""
    evidence: tuple[str, ...]
    """of the longest of them, a line or two"""
    place: str = ""
    """where in the script it is, with how many samples show that; empty where that is not known"""
    full_place: str = ""
    """the same place with its whole path"""
    finding: str = ""
    """the id of the loss"""
    longest: Span | None = None
    """when the longest of them was"""

    @property
    def saves(self) -> str:
        """`` (fix saves up to 1.15 ms)``, or nothing."""
        return f" ({self.saving})" if self.saving else ""


@dataclass(frozen=True, slots=True)
class Causes:
    """Why a time was lost, the cause that matters most first."""

    rows: tuple[Cause, ...]
    whole: str
    """what their shares are of: ``steps 3 to 39``"""
    title: str = ""
    """where it has one, the causes are small: a page folds them under it, markdown makes a table, text has none"""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to change, what that saves, and how it is done."""

    text: str
    """an instruction"""
    saving: str
    """``saves about 56.9 ms (±0.4 ms): the run then takes 132.3 ms``"""
    how: tuple[str, ...]
    """a line each: which operations go where, and what waits for what"""


@dataclass(frozen=True, slots=True)
class Changes:
    """What to change, that which saves most first."""

    rows: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Portion(_OfAWhole):
    """One part of a device's time: what it did, or did not do and why."""

    kind: str
    """names its color"""
    text: str
    ns: int
    whole_ns: int
    """the time that it is a part of"""
    below: tuple[str, ...] = ()
    """what to do about it, a line each"""


@dataclass(frozen=True, slots=True)
class Portions:
    """All the time of a device, a row per portion. They are in the short summary, which only a terminal draws."""

    rows: tuple[Portion, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that is wrong with a job of many ranks."""

    text: str
    cost: str
    """``costs 1.20 s ±12.0 ms (8.1 %)``; empty where that is nothing, or not known"""
    remedy: str
    """empty where nothing can be done, or there is no room for it"""
    id: str
    certain: bool = True
    """whether its cost is larger than what is uncertain"""
    ranks: Stretches = ()
    """those that it is of"""

    @property
    def lead(self) -> str:
        """What stands before the sentence."""
        return "" if self.certain else "not certain: "

    @property
    def costs(self) -> str:
        """``; costs 1.20 s``, or nothing."""
        return f"; {self.cost}" if self.cost else ""


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong, that which costs most first."""

    rows: tuple[Found, ...]


Part: TypeAlias = (
    Source | Note | Verdict | Line | Remark | Facts | Tiles | Table | Causes | Changes | Portions | Findings
)


@dataclass(frozen=True, slots=True)
class Section:
    """Parts that belong together. The title is not drawn where its first part says it."""

    title: str
    parts: tuple[Part, ...]
    of_device: bool = False
    apart: bool = True
    """whether the terminal leaves a line free above it"""
