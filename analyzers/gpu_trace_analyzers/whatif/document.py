"""``whatif.json``: a prediction as programs read it, and as a later run is held against it.

Times are integers in ns, memory integers in bytes, engines their keys (``copy_d2h``). Fields are added, never renamed
or removed, as long as the schema is `SCHEMA`.
"""

from __future__ import annotations

from typing import Literal

import msgspec

SCHEMA = "gpu-trace.whatif/1"


class Window(msgspec.Struct, frozen=True):
    """The time that is predicted, on the clock of the trace."""

    name: str
    start_ns: int
    end_ns: int
    operations: int
    steps: int | None


class Expected(msgspec.Struct, frozen=True):
    """The time under true dependencies."""

    predicted_ns: int
    low_ns: int
    high_ns: int
    extra_bytes: int
    in_used_memory_ns: int | None


class Bound(msgspec.Struct, frozen=True):
    """What no schedule is faster than."""

    predicted_ns: int
    busiest: str
    busiest_ns: int
    chain_ns: int
    chain: dict[str, int]


class Spent(msgspec.Struct, frozen=True):
    """How a window is spent; see `spent.Spent`."""

    before_first_ns: int
    busy: dict[str, int]
    overlapped_ns: int
    idle_ns: int
    after_last_ns: int


class Move(msgspec.Struct, frozen=True):
    """Operations that leave their stream."""

    engine: str
    name: str
    from_stream: int
    count: int
    waits_for: str
    awaited_by: str


class Remedy(msgspec.Struct, frozen=True):
    """One change, and the time with it alone."""

    id: str
    cause: str
    text: str
    predicted_ns: int
    gain_ns: int
    error_ns: int
    extra_bytes: int
    moves: tuple[Move, ...]


class Verified(msgspec.Struct, frozen=True):
    """A run after the change, beside what was predicted of it. Errors are predicted less measured."""

    after: str
    measured_by: Literal["trace", "clock"]
    measured_ns: int
    predicted_ns: int
    error_ns: int
    within: bool
    gain_ns: int
    predicted_gain_ns: int
    gain_error: float | None
    naive_error_ns: int
    naive_gain_error: float | None
    operations: int | None
    spent: Spent | None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """The prediction of one window: of the range of that name, or of the steady steps."""

    range: str | None
    status: Literal["answered", "abstained"]
    reason: str
    window: Window
    recorded_ns: int
    unrecorded_ns: int | None
    before_ns: int
    replay_ns: int
    naive_ns: int
    expected: Expected | None
    bound: Bound | None
    unknown_dependency_share: float | None
    critical_path: dict[str, int] | None
    spent: Spent | None
    remedies: tuple[Remedy, ...]
    contention: tuple[str, ...] = ()
    vain: tuple[str, ...] = ()
    execution_trace: str = ""
    verified: Verified | None = None


class Document(msgspec.Struct, frozen=True):
    """The file: an entry per window that was asked of."""

    schema: str
    entries: tuple[Entry, ...]

    def of(self, range_name: str | None) -> Entry | None:
        """The entry of a range, or of the steady steps; None where that was not asked."""
        return next((entry for entry in self.entries if entry.range == range_name), None)

    def having(self, entry: Entry) -> Document:
        """With this entry, in place of an earlier one of the same window."""
        others = (each for each in self.entries if each.range != entry.range)
        return Document(SCHEMA, (*others, entry))


EMPTY = Document(SCHEMA, ())


def encoded(document: Document) -> str:
    """The file as indented JSON text, with a newline at its end."""
    return _indented(document)


def one(path: str, entry: Entry) -> str:
    """A single entry as the text of a document: what ``gpu-trace whatif --json`` prints."""
    return _indented({"schema": SCHEMA, "path": path, **msgspec.structs.asdict(entry)})


def _indented(found: object) -> str:
    return msgspec.json.format(msgspec.json.encode(found), indent=1).decode() + "\n"
