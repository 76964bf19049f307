"""The fast way through a block of events: pick them by the text of their category, decode only those wanted.

It relies on Kineto's layout, in which every event begins on a line of its own with ``"ph": "X", "cat": "kernel"``. Cut
at each ``"ph"``, a block falls into one piece an event, and each piece must begin and end as that layout has it. JSON
allows neither a line break nor a bare quote inside a string, so in a valid file text that looks like the layout is the
layout. A block with anything else in it is left to the typed decode, which gives the same events.
"""

from __future__ import annotations

from collections import Counter
from itertools import compress
from typing import TYPE_CHECKING

from .typed import decoded

if TYPE_CHECKING:
    from collections.abc import Collection

    from .events import Event

_PHASE = b'"ph"'
_HEAD = b'{\n    "ph"'
_NEXT = b",\n  {\n    "  # what comes between an event and the phase of the next one
_TAIL = b"\n  }" + _NEXT
_SPAN = b': "X", "cat": "'
_FLOWS = tuple(b': "%c", "id":' % phase for phase in b"fst")
_KEY = 25
"""As many bytes of a piece as tell its category: `_SPAN` and ten more."""

FLOW = "flow"
"""Under which arrows between events are counted."""

_CATEGORIES = (
    *("cpu_op", "kernel", "gpu_memcpy", "gpu_memset", "cuda_runtime", "cuda_driver", "user_annotation", "overhead"),
    *("gpu_user_annotation", "cuda_sync", "python_function", "nvtx", "xpu_runtime", "xpu_driver"),
)


class Scan:
    """Reads blocks in Kineto's layout; ``wanted`` are the categories whose events are decoded."""

    def __init__(self, wanted: Collection[str]) -> None:
        # Keys of this length are distinct, and no longer than the text: a short category is followed by the name.
        keys = {(_SPAN + category.encode() + b'", "name": "')[:_KEY]: category for category in _CATEGORIES}
        self._wanted = {key for key, category in keys.items() if category in wanted}
        self._category = keys

    def events(self, block: bytes) -> tuple[list[Event], Counter[str], bytes] | None:
        """The wanted events, how many others there are of each category, and the rest that begins an unfinished event.

        None where the block is not in Kineto's layout from its first byte to the last event it completes.
        """
        first, *pieces = block.split(_PHASE)
        if len(pieces) < 2 or first.strip(b" \r\n,") != b"{":
            return None
        rest = _HEAD + pieces.pop()
        if {piece[-len(_TAIL) :] for piece in pieces} != {_TAIL}:
            return None
        keys = [piece[:_KEY] for piece in pieces]
        counts = Counter(map(self._category.get, keys))
        skipped = Counter({category: count for category, count in counts.items() if category})
        if others := counts[None]:
            if not self._all_flows(pieces, keys):
                return None
            skipped[FLOW] = others
        return self._decoded(pieces, keys, skipped, rest)

    def _all_flows(self, pieces: list[bytes], keys: list[bytes]) -> bool:
        others = (piece for piece, key in zip(pieces, keys, strict=True) if key not in self._category)
        return all(piece.startswith(_FLOWS) for piece in others)

    def _decoded(
        self, pieces: list[bytes], keys: list[bytes], skipped: Counter[str], rest: bytes
    ) -> tuple[list[Event], Counter[str], bytes] | None:
        chosen = list(compress(pieces, map(self._wanted.__contains__, keys)))
        if not chosen:
            return [], skipped, rest
        text = b"[{" + _PHASE + _PHASE.join(chosen)
        events = decoded(text.removesuffix(_NEXT) + b"]")
        if events is None:
            return None
        skipped.subtract([event.cat for event in events])
        if len(events) != len(chosen) or min(skipped.values()) < 0:
            return None  # a category that merely begins like one that is wanted
        return events, +skipped, rest
