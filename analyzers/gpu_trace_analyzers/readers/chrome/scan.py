"""The fast way through a block of events: pick them by the text of their category, decode only those wanted.

It relies on Kineto's layout, in which every event begins on a line of its own with ``"ph": "X", "cat": "kernel"``. Cut
at each ``"ph"``, a block falls into one piece an event, and each piece must begin and end as that layout has it. JSON
allows neither a line break nor a bare quote inside a string, so in a valid file text that looks like the layout is the
layout. A block with anything else in it is left to the typed decode, which gives the same events.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import compress, repeat
from operator import not_
from typing import TYPE_CHECKING, Any, cast

import msgspec

from .events import CallEvent, Event, WorkEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, ItemsView

_PHASE = b'"ph"'
_HEAD = b'{\n    "ph"'
_NEXT = b",\n  {\n    "  # what comes between an event and the phase of the next one
_TAIL = b"\n  }" + _NEXT
_BEFORE_CATEGORY, _BEHIND_CATEGORY = b': "X", "cat": "', b'", "name": "'
_FLOWS = {b': "%c", "id":' % phase for phase in b"fst"}
_FLOW_KEY, _KEY = 12, 31
"""How much of a piece tells that it is a flow; which category it has, of four to sixteen letters."""

FLOW = "flow"
"""Under which arrows between events are counted."""

_CATEGORIES: dict[str, type[msgspec.Struct]] = {
    **dict.fromkeys(("kernel", "gpu_memcpy", "gpu_memset"), WorkEvent),
    **dict.fromkeys(("cuda_runtime", "cuda_driver", "xpu_runtime", "xpu_driver"), CallEvent),
    **dict.fromkeys(("cpu_op", "user_annotation", "gpu_user_annotation", "nvtx", "cuda_sync", "overhead"), Event),
    "python_function": Event,
}
_KEYS = {(_BEFORE_CATEGORY + name.encode() + _BEHIND_CATEGORY)[:_KEY]: name for name in _CATEGORIES}


class Scan:
    """Reads blocks in Kineto's layout; ``wanted`` are the categories whose events are decoded."""

    def __init__(self, wanted: Collection[str]) -> None:
        self._decoders: dict[str, Callable[[bytes], Any]] = {
            name: msgspec.json.Decoder(list[event]).decode  # type: ignore[valid-type]  # a type chosen at run time
            for name, event in _CATEGORIES.items()
            if name in wanted
        }

    def events(self, block: bytes) -> tuple[dict[str, list[Event]], Counter[str], bytes] | None:
        """The wanted events by category, how many there are of the others, and the rest, an unfinished event.

        None where the block is not in Kineto's layout from its first byte to the last event it completes.
        """
        first, *pieces = block.split(_PHASE)
        if len(pieces) < 2 or first.strip(b" \r\n,") != b"{":
            return None
        rest = _HEAD + pieces.pop()
        if not all(map(bytes.endswith, pieces, repeat(_TAIL))):
            return None
        categories = list(map(_KEYS.get, [piece[:_KEY] for piece in pieces]))
        counts: Counter[str | None] = Counter(categories)
        if not {piece[:_FLOW_KEY] for piece in compress(pieces, map(not_, categories))} <= _FLOWS:
            return None
        events = {category: self._decoded(category, text) for category, text in self._wanted(pieces, categories)}
        if None in events.values():
            return None
        skipped = {category or FLOW: count for category, count in counts.items() if category not in events and count}
        return cast("dict[str, list[Event]]", events), Counter(skipped), rest

    def _wanted(self, pieces: list[bytes], categories: list[str | None]) -> ItemsView[str, list[bytes]]:
        sorted_pieces: defaultdict[str, list[bytes]] = defaultdict(list)
        pairs = zip(cast("list[str]", categories), pieces, strict=True)
        for category, piece in compress(pairs, map(self._decoders.__contains__, categories)):
            sorted_pieces[category].append(piece)
        return sorted_pieces.items()

    def _decoded(self, category: str, pieces: list[bytes]) -> list[Event] | None:
        text = b"[{" + _PHASE + _PHASE.join(pieces)  # each piece ends with the brace that the next one needs
        try:
            events: list[Event] = self._decoders[category](text.removesuffix(_NEXT) + b"]")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        if len(events) != len(pieces) or {event.cat for event in events} != {category}:
            return None  # a duplicate key, or arguments that look like an event
        return events
