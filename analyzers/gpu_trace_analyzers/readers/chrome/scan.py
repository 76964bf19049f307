"""The fast way through a block of events: pick them by the text of their category, decode only those wanted.

It relies on the layouts of Kineto, or of gpu-trace's own traces, in which every event begins on a line of its own with
its phase and its category. Cut at each ``"ph"``, a block falls into one piece an event, and each piece must begin
and end as that layout has it. JSON
allows neither a line break nor a bare quote inside a string, so in a valid file text that looks like the layout is the
layout. A block with anything else in it is left to the typed decode, which gives the same events.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import compress, repeat
from operator import not_
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, cast

from ...vocabulary.kineto import Category
from .events import EVENT_TYPES
from .typed import decoded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from .events import Event

_PHASE = b'"ph"'


@dataclass(frozen=True, slots=True)
class Layout:
    """How a writer lays out its events, around the key of the phase."""

    before: bytes
    """from the beginning of an event to its phase"""
    between: bytes
    """from the end of an event to the phase of the next one"""
    end: bytes
    """the end of an event"""
    category: bytes
    """from the phase of a span to its category"""
    name: bytes
    """from the category to the name"""
    flows: tuple[bytes, ...]
    """what the phases of flow arrows look like"""
    instant: bytes = b""
    """from the phase of an instant to its category; empty where that has none"""
    counter: bytes = b""
    """from the phase of a counter's value to its category"""

    @property
    def key_length(self) -> int:
        """Bytes behind the phase that tell the category: as many as there are before the name behind the shortest."""
        return len(self.category) + min(map(len, EVENT_TYPES)) + len(self.name)


KINETO = Layout(
    before=b"{\n    ",
    between=b",\n  {\n    ",
    end=b"\n  }",
    category=b': "X", "cat": "',
    name=b'", "name": "',
    flows=tuple(b': "%c", "id":' % phase for phase in b"fst"),
    instant=b': "i", "cat": "',
)
KINETO_2026 = Layout(
    before=KINETO.before,
    between=KINETO.between,
    end=KINETO.end,
    category=b': "X",\n    "cat": "',
    name=b'",\n    "name": "',
    flows=tuple(b': "%c",\n    "id":' % phase for phase in b"fst"),
    instant=b': "i",\n    \n    "cat": "',
)
"""As PyTorch 2.13 has it, with a field on each line."""
COMPACT = Layout(
    before=b"{",
    between=b",\n{",
    end=b"}",
    category=b':"X","cat":"',
    name=b'","name":"',
    flows=tuple(b':"%c","%b":' % (phase, key) for phase in b"fst" for key in (b"id", b"bp")),
    counter=b':"C","cat":"',
)
"""An event a line, as gpu-trace writes them."""
LAYOUTS = (KINETO, KINETO_2026, COMPACT)

FLOW = "flow"
"""Under which arrows between events are counted."""


def _before(layout: Layout, category: str) -> bytes:
    """From the phase of an event of that category to the category; empty where the layout has no such events."""
    return {Category.INSTANT: layout.instant, Category.COUNTER: layout.counter}.get(category, layout.category)


def _places(text: bytes, part: bytes, end: int) -> Iterator[int]:
    """Where a part of a text begins, before ``end``."""
    at = text.find(part, 0, end)
    while at >= 0:
        yield at
        at = text.find(part, at + 1, end)


_TELLS = 9
"""Bytes at the beginning of a name, with the quote behind a short one, by which most others fall out at once."""


class Named(NamedTuple):
    """Events that are wanted by their whole names, if they have an argument."""

    names: Collection[str]
    argument: str


class _Names:
    """Picks such events of a category."""

    def __init__(self, layout: Layout, category: str, named: Named) -> None:
        self._category = category
        self._begin = len(layout.category) + len(category) + len(layout.name)
        self._names = tuple(f'{name}"'.encode() for name in named.names)
        self._beginnings = frozenset(name[:_TELLS] for name in self._names)
        self._key = f'"{named.argument}"'.encode()

    def of(self, block: bytes, pieces: list[bytes], categories: list[str | None]) -> list[bytes]:
        """Those among the pieces of a block. One search says that most files have none."""
        if self._key not in block:
            return []
        category, begin, end, some = self._category, self._begin, self._begin + _TELLS, self._beginnings
        own = [piece for piece, found in zip(pieces, categories, strict=True) if found == category]
        few = [piece for piece in own if piece[begin:end] in some]
        return [piece for piece in few if piece.startswith(self._names, begin) and self._key in piece]


class Scan:
    """Reads blocks of one layout; ``wanted`` are the categories whose events are decoded.

    Of categories in ``some`` those events are, too, whose name begins in one of these ways, and of those in ``named``
    those that have one of these names and this argument.
    """

    def __init__(
        self,
        layout: Layout,
        wanted: Collection[str],
        some: Mapping[str, tuple[str, ...]],
        named: Mapping[str, Named] = MappingProxyType({}),
    ) -> None:
        self._layout = layout
        self._tail = layout.end + layout.between
        self._key = layout.key_length
        self._category_of = {
            (before + name.encode() + layout.name)[: self._key]: name
            for name in EVENT_TYPES
            if (before := _before(layout, name))
        }
        self._whole = frozenset(wanted)
        self._some = {
            category: tuple(
                _PHASE + layout.category + category.encode() + layout.name + name.encode() for name in names
            )
            for category, names in some.items()
            if category not in wanted
        }
        self._named = {
            category: _Names(layout, category, of) for category, of in named.items() if category not in wanted
        }

    def events(self, block: bytes) -> tuple[dict[str, list[Event]], Counter[str], bytes] | None:
        """The wanted events by category, how many there are of the others, and the rest, an unfinished event.

        None where the block is not in the layout from its first byte to the last event it completes.
        """
        first, *pieces = block.split(_PHASE)
        if len(pieces) < 2 or first.strip(b" \r\n,") != self._layout.before.strip():
            return None
        rest = self._layout.before + _PHASE + pieces.pop()
        if not all(map(bytes.endswith, pieces, repeat(self._tail))):
            return None
        key = self._key
        categories = list(map(self._category_of.get, [piece[:key] for piece in pieces]))
        others = compress(pieces, map(not_, categories))
        if not all(map(bytes.startswith, others, repeat(self._layout.flows))):
            return None
        present = frozenset(categories)
        wanted = self._wanted(pieces, categories) | self._beginning(block, len(block) - len(rest), present)
        for category, named in self._named.items():
            if category in present and (more := named.of(block, pieces, categories)):
                wanted[category] = [*wanted.get(category, ()), *more]
        events = {category: self._decoded(category, text) for category, text in wanted.items()}
        if None in events.values():
            return None
        counts: Counter[str | None] = Counter(categories)
        counts.subtract({category: len(found or ()) for category, found in events.items()})
        skipped = Counter({category or FLOW: count for category, count in counts.items() if count})
        return cast("dict[str, list[Event]]", events), skipped, rest

    def _wanted(self, pieces: list[bytes], categories: list[str | None]) -> dict[str, list[bytes]]:
        sorted_pieces: defaultdict[str, list[bytes]] = defaultdict(list)
        pairs = zip(cast("list[str]", categories), pieces, strict=True)
        for category, piece in compress(pairs, map(self._whole.__contains__, categories)):
            sorted_pieces[category].append(piece)
        return sorted_pieces

    def _beginning(self, block: bytes, end: int, present: Collection[str | None]) -> dict[str, list[bytes]]:
        """Of each category the pieces that begin in some way; one search for that is faster than a look at each."""
        found = {
            category: [
                block[at + len(_PHASE) : block.index(_PHASE, at + 1)]
                for head in heads
                for at in _places(block, head, end)
            ]
            for category, heads in self._some.items()
            if category in present
        }
        return {category: pieces for category, pieces in found.items() if pieces}

    def _decoded(self, category: str, pieces: list[bytes]) -> list[Event] | None:
        text = b"[{" + _PHASE + _PHASE.join(pieces)  # each piece ends with the brace that the next one needs
        events = decoded(text.removesuffix(self._layout.between) + b"]", EVENT_TYPES[category])
        if events is None or len(events) != len(pieces) or {event.cat for event in events} != {category}:
            return None  # a duplicate key, or arguments that look like an event
        return events
