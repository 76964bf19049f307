"""The events of a file, in blocks, by the fastest way that is exact for each block.

Scan in C, text scan by category, typed decode, tolerant walk: each refuses a block that it cannot read exactly, and the
next one takes it. For a valid file all give the same events; what only the last can read is damaged.
"""

from __future__ import annotations

from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from ...errors import TraceUnreadable
from ...units import count
from . import document
from .events import EVENT_TYPES, Event
from .scan import LAYOUTS, Named, Scan
from .tolerant import LONGEST_EVENT, TooDeep, Walk, first_event, walk
from .typed import decoded, typed_events

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator, Mapping, Sequence

    from ..base.tracefile import TraceFile
    from .compiled import ScannedSpans, Scanner

Way = Literal["compiled", "scan", "typed"]
WAYS: tuple[Way, ...] = ("compiled", "scan", "typed")
"""The ways in front of the tolerant one, which takes what is left."""
ENOUGH = 8192
"""Events before they become rows: few enough to stay small, enough to pay for NumPy's calls."""

_MOST_DOCUMENTS = 64
_MOST_LOST, _LOST_EACH_WHOLE = 30_000, 10
"""A file that loses more events, and so many for each that is whole, is not a trace: repairing them takes long."""
_AS_WRITTEN = "give a trace as its profiler wrote it"


class Batch(NamedTuple):
    """Some events."""

    of: dict[str, list[Event]]
    """spans of each category; with no more fields than those of work, or of a call, where they are that"""
    mixed: list[Event]
    """events of any phase and category"""
    scanned: Sequence[tuple[str, ScannedSpans]] = ()
    """categories with events that come before all of these; good until the next batch"""


class EventStream:
    """Iterates over batches of events, in the order of the file.

    ``wanted`` are the categories of spans (``"ph": "X"``) that must be among them, or nothing for all events; of those
    in ``some``, the spans whose name begins in one of these ways, and of those in ``named`` the spans of these names
    that have its argument; of others some may be, and those left out are
    counted in ``skipped``. After the iteration ``events`` is the number of
    events in the file, ``lost`` says how many could not be read and why, and ``document`` is what the file says beside
    its events.
    """

    def __init__(
        self,
        file: TraceFile,
        wanted: Collection[str] = (),
        ways: Collection[Way] = WAYS,
        some: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
        named: Mapping[str, Named] = MappingProxyType({}),
        scanner: Scanner | None = None,
    ) -> None:
        self.events = 0
        self.skipped: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        self.document: document.Document = {}
        self._file = file
        self._ways = ways
        self._scanner = scanner
        self._scans = [Scan(layout, wanted, some, named) for layout in LAYOUTS] if wanted and "scan" in ways else []
        self._repaired = self._too_deep = 0
        self._documents = 0
        self._cut_off = False

    def __iter__(self) -> Iterator[Batch]:
        blocks = self._file.blocks()
        before, rest = self._up_to_the_events(blocks)
        for number in range(_MOST_DOCUMENTS):
            after = yield from self._list(rest, blocks)
            tail = (after or "").encode("utf-8", "surrogateescape") + _at_most(blocks, LONGEST_EVENT)
            if not number:
                self.document = document.parse(before, tail)
                self._cut_off = after is None
            begin = document.another_list(tail)
            if begin is None:
                break
            rest = tail[begin:]
            self._documents += 1
        if self._scanner:
            self.skipped += self._scanner.skipped()
        self._report()

    def _list(self, rest: bytes, blocks: Iterator[bytes]) -> Generator[Batch, None, str | None]:
        """The events of one list; returns the text behind its end, None where it does not end."""
        text, tried = rest, 0
        for block in blocks:
            text += block
            if len(text) < 2 * tried:
                continue  # an event that does not end would be looked at with each block anew
            batch, text, after = self._take(text)
            tried = len(text)
            yield self._counted(batch)
            if after is not None:
                return after
        if len(text) > tried and (whole := self._take_whole(text)):
            batch, text = whole
            yield self._counted(batch)
        batch, after = self._take_the_end(text)
        yield self._counted(batch)
        return after

    def _up_to_the_events(self, blocks: Iterator[bytes]) -> tuple[bytes, bytes]:
        """What comes before the first event, and the beginning of the rest."""
        text = b""
        for block in blocks:
            text += block
            if (begin := document.events_begin(text)) is not None:
                return text[:begin], text[begin:]
            if len(text) > LONGEST_EVENT:
                break
        first = first_event(text.decode("latin-1"))  # one character a byte: positions are the same
        if first is None:
            raise TraceUnreadable(self._file.path, "has no trace events", "give a trace.json or trace.json.gz")
        self._file.damage.append("the start of the event list is missing; reading starts at the first event")
        return text[:first], text[first:]

    def _take(self, block: bytes) -> tuple[Batch, bytes, str | None]:
        """The events that a block completes, the rest of it, and the text behind the list once it has ended."""
        if whole := self._take_whole(block):
            return *whole, None
        walked = self._walk(block, at_end=False)
        rest = walked.rest.encode("utf-8", "surrogateescape")
        return Batch({}, walked.events, self._before()), rest, walked.after

    def _take_whole(self, block: bytes) -> tuple[Batch, bytes] | None:
        """The events that a block completes, and the rest of it, by the first way that can read all of it."""
        return self._scanned(block) or self._cut(block) or self._typed(block)

    def _take_the_end(self, block: bytes) -> tuple[Batch, str | None]:
        walked = self._walk(block, at_end=True)
        return Batch({}, walked.events, self._before()), walked.after

    def _scanned(self, block: bytes) -> tuple[Batch, bytes] | None:
        """What the scanner takes of a block: what is to be decoded of it, and the columns that are full."""
        if self._scanner is None or (taken := self._scanner.take(block)) is None:
            return None
        left: dict[str, list[Event]] = {}
        for category, texts in taken.left.items():
            events = decoded(b"[%b]" % b",".join(texts), EVENT_TYPES.get(category, Event))
            if events is None:
                self._scanner.undo()
                return None
            left[category] = events
        self.events += taken.others
        mixed = left.pop("", [])
        return Batch(left, mixed, tuple(self._scanner.columns(ENOUGH))), taken.rest

    def _cut(self, block: bytes) -> tuple[Batch, bytes] | None:
        for place, scan in enumerate(self._scans):
            if (scanned := scan.events(block)) is None:
                continue
            self._scans.insert(0, self._scans.pop(place))  # the next block is likely to be laid out alike
            sorted_events, skipped, rest = scanned
            self.skipped += skipped
            self.events += skipped.total()
            return Batch(sorted_events, [], self._before()), rest
        return None

    def _typed(self, block: bytes) -> tuple[Batch, bytes] | None:
        found = typed_events(block) if "typed" in self._ways else None
        if not found:
            return None
        events, rest = found
        return Batch({}, events, self._before()), rest

    def _before(self) -> Sequence[tuple[str, ScannedSpans]]:
        """All that was scanned in front of what another way has found."""
        return tuple(self._scanner.columns()) if self._scanner else ()

    def _walk(self, block: bytes, at_end: bool) -> Walk:
        try:
            walked = walk(_text(block), at_end, self._too_deep)
        except TooDeep as error:
            problem = "has objects nested a thousand deep"
            raise TraceUnreadable(self._file.path, problem, _AS_WRITTEN) from error
        self.lost += walked.lost
        self.events += walked.lost.total()
        self._repaired += walked.repaired
        self._too_deep = walked.too_deep
        lost = self.lost.total()
        if lost > max(_MOST_LOST, _LOST_EACH_WHOLE * (self.events - lost + len(walked.events))):
            raise TraceUnreadable(
                self._file.path, f"is damaged throughout; {lost:,} events cannot be read", _AS_WRITTEN
            )
        return walked

    def _counted(self, batch: Batch) -> Batch:
        """Without empty objects, with which some writers end their list."""
        mixed = [event for event in batch.mixed if event.ph or event.name or event.args.name]
        self.events += len(mixed) + sum(map(len, batch.of.values()))
        return batch._replace(mixed=mixed)

    def _report(self) -> None:
        damage = self._file.damage
        if self._cut_off and not damage:
            damage.append("the event list does not end, because the file was cut off while it was written")
        if self._documents:
            damage.append(f"{self._documents} more traces follow in the same file; their events were read too")
        if self._repaired:
            damage.append(
                f"{self._repaired} events had quotes or backslashes that JSON does not allow and were repaired"
            )
        if lost := self.lost.total():
            damage.append(f"{count(lost, 'event')} could not be read")


def _at_most(blocks: Iterator[bytes], size: int) -> bytes:
    text = b""
    for block in blocks:
        text += block
        if len(text) >= size:
            break
    return text


def _text(block: bytes) -> str:
    return block.decode("utf-8", "surrogateescape")
