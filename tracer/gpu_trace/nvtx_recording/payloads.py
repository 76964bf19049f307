"""What the binary payloads of NVTX events say: structs of a client, in the layout that it registered as a schema.

NCCL's ranges have them: communicator, bytes and root of each collective. `PIECE` is what ``injection.c`` writes behind
such an event: up to 24 bytes of the payload, with ``at_ns`` and ``range`` of the event.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    Int64 = NDArray[np.int64]
    Schemas = Mapping[tuple[int, int], "Schema"]
    """by number of the domain's name, and of the schema"""

PIECE = np.dtype(
    [
        ("at_ns", "<i8"),
        ("range", "<u8"),
        ("bytes", "V24"),
        ("schema", "<u4"),
        ("count", "u1"),
        ("piece", "u1"),
        ("reserved", "u1"),
        ("kind", "u1"),
    ]
)
"""One piece, as the struct ``Binary`` in ``injection.c``: a slot of a chunk, as an event is."""
_WHOLE = PIECE["bytes"].itemsize
_NUMBERS = {
    **dict(zip(range(1, 11), "i1 u1 <i2 <u2 <i4 <u4 <i8 <u8 <i8 <u8".split(), strict=True)),  # noqa: SIM905
    **dict(zip(range(11, 19), "i1 u1 <i2 <u2 <i4 <u4 <i8 <u8".split(), strict=True)),  # noqa: SIM905
    19: "<f4",
    20: "<f8",
    22: "<u8",
    42: "<f2",
    43: "<f4",
    44: "<f8",
}
"""NVTX_PAYLOAD_ENTRY_TYPE_* to the dtype: C's integers from char to unsigned long long, those of a size, the rest"""


@dataclass(frozen=True, slots=True)
class Schema:
    """The numbers in a struct: their names, in order, with the place of each."""

    entries: tuple[tuple[str, int, str], ...]
    """name, offset in bytes, dtype"""

    @classmethod
    def parsed(cls, text: str) -> Schema:
        """From lines ``flags type offset name``, as ``injection.c`` writes them.

        Entries that are no single number (texts, arrays, other schemas) are left out, and after them those without an
        offset of their own. Where no offset is given, an entry is aligned as C aligns it.
        """
        entries: list[tuple[str, int, str]] = []
        end: int | None = 0
        for line in text.splitlines():
            flags, kind, given, name = (*line.split(" ", 3), "")[:4]
            number = _NUMBERS.get(int(kind)) if flags == "0" else None
            offset = int(given) or (_aligned(end, number) if end is not None and number else None)
            if number is None or offset is None:
                end = None
                continue
            entries.append((name or f"field {len(entries)}", offset, number))
            end = offset + _size(number)
        return cls(tuple(entries))

    @property
    def size(self) -> int:
        """How many bytes it takes to know all entries."""
        return max((offset + _size(number) for _, offset, number in self.entries), default=0)

    def values(self, raw: NDArray[np.uint8]) -> dict[str, list[int | float]]:
        """The numbers of each entry in ``raw``, (n, size) uint8."""
        return {
            name: np.ascontiguousarray(raw[:, offset : offset + _size(number)]).view(number).ravel().tolist()
            for name, offset, number in self.entries
        }


def _aligned(at: int, number: str) -> int:
    return -(-at // _size(number)) * _size(number)


def _size(number: str) -> int:
    return np.dtype(number).itemsize


@dataclass(frozen=True, slots=True)
class Payloads:
    """Those of one schema. ``events`` is (n,) int64, positions of events; ``values`` has n numbers for each name."""

    events: Int64
    values: dict[str, list[int | float]]


def payloads(events: NDArray[np.void], pieces: NDArray[np.void], schemas: Schemas) -> list[Payloads]:
    """What ``events`` (`EVENT`) have in ``pieces`` (`PIECE`), a schema at a time.

    Nothing of a schema that is not known, nor of a payload that is shorter than its schema, or has lost a piece.
    """
    pieces = pieces[np.lexsort((pieces["piece"], pieces["schema"], pieces["at_ns"], pieces["range"]))]
    first = np.flatnonzero(pieces["piece"] == 0)
    owners = _owners(events, pieces[first])
    first, owners = first[owners >= 0], owners[owners >= 0]
    domains, numbers = events["domain"][owners].astype(np.int64), pieces["schema"][first].astype(np.int64)
    found = []
    for domain, number in sorted(set(zip(domains.tolist(), numbers.tolist(), strict=True))):
        schema = schemas.get((domain, number), Schema(()))
        rows = np.flatnonzero((domains == domain) & (numbers == number))
        bytes_, whole = _bytes(pieces, first[rows], schema.size)
        if schema.size and whole.any():
            found.append(Payloads(owners[rows[whole]], schema.values(bytes_[whole])))
    return found


def _owners(events: NDArray[np.void], pieces: NDArray[np.void]) -> Int64:
    """For each piece the event of the same ``range`` and ``at_ns``; -1: there is none."""
    rows = np.flatnonzero(np.isin(events["at_ns"], pieces["at_ns"]))
    known = dict(zip(_keys(events[rows]), rows.tolist(), strict=True))
    return np.array([known.get(key, -1) for key in _keys(pieces)], dtype=np.int64)


def _keys(records: NDArray[np.void]) -> Iterator[tuple[int, int]]:
    return zip(records["range"].tolist(), records["at_ns"].tolist(), strict=True)


def _bytes(pieces: NDArray[np.void], first: Int64, size: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """(n, size) uint8, the beginning of each payload from its first piece on; and (n,) bool: it is that long."""
    wanted = np.arange(-(-size // _WHOLE))
    rows = np.minimum(first[:, None] + wanted, len(pieces) - 1)
    needed = np.minimum(size - wanted * _WHOLE, _WHOLE)
    whole = ((pieces["piece"][rows] == wanted) & (pieces["count"][rows] >= needed)).all(axis=1)
    raw = np.ascontiguousarray(pieces["bytes"][rows]).view(np.uint8)
    return raw.reshape(len(first), -1)[:, :size], whole
