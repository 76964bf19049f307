"""The answer to *what if*: times in ns, of the window from the host's begin to the end of its last device work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ..model import Engine, Int64


@dataclass(frozen=True, slots=True)
class WhatIfWindow:
    """The time that is predicted, on the clock of the trace."""

    name: str
    """the range, or ``steps 3 to 39`` of the steady window"""
    start_ns: int
    end_ns: int
    operations: int
    """device operations that were launched in it"""
    range_name: str | None = None
    """the range that was asked for; None for the steady window"""
    steps: int | None = None
    """how many steps it is of; None where steps did not decide"""

    @property
    def ns(self) -> int:
        """Its length: the recorded time."""
        return self.end_ns - self.start_ns


@dataclass(frozen=True, slots=True)
class Expected:
    """The time that the schedule by true dependencies takes, and between which two it lies."""

    predicted_ns: int
    low_ns: int
    high_ns: int
    extra_bytes: int = 0
    """device memory beyond what the recorded run used at once"""
    in_used_memory_ns: int | None = None
    """the time without that memory; None where none is needed"""


@dataclass(frozen=True, slots=True)
class Bound:
    """What no schedule can be faster than: the busiest engine, or the longest chain of dependent operations."""

    predicted_ns: int
    busiest: Engine
    busiest_ns: int
    chain_ns: int
    chain_by_engine: tuple[tuple[Engine, int], ...]
    """the longest chain, by engine; adds up to ``chain_ns``"""


@dataclass(frozen=True, slots=True)
class Move:
    """Operations of one kind that the schedule takes off their stream."""

    engine: Engine
    name: str
    """as the trace calls the operation"""
    from_stream: int
    count: int
    waits_for: str
    """the operation after which an event has to be recorded, for the moved one to wait for; empty for none"""
    awaited_by: str
    """the operation that has to wait for the event recorded after the moved one; empty for none"""


@dataclass(frozen=True, slots=True)
class Remedy:
    """One change, and the time the window takes with it alone."""

    id: str
    """``side_stream``, ``pinned``, ...: a stable name"""
    cause: str
    """the cause of a loss in the account that it removes (``same_stream``), or empty"""
    text: str
    """what to change, as an instruction"""
    predicted_ns: int
    gain_ns: int
    error_ns: int
    """half of the interval that the gain lies in"""
    extra_bytes: int
    moves: tuple[Move, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """When each operation runs, in the recording and as predicted: (n,) int64 each, ns since the window's begin."""

    rows: Int64
    """in ``Trace.work``, in the order of their launches"""
    recorded_start_ns: Int64
    recorded_end_ns: Int64
    start_ns: Int64
    end_ns: Int64
    critical: Int64
    """positions of the operations on the critical path of the predicted schedule, in order"""


@dataclass(frozen=True, slots=True, eq=False)
class WhatIf:
    """What was asked, whether it can be answered, and the answer."""

    status: Literal["answered", "abstained"]
    reason: str
    """why not, in a sentence; empty where it is answered"""
    window: WhatIfWindow
    recorded_ns: int
    unrecorded_ns: int | None
    """the same time by a clock, without recording, where it is known"""
    replay_ns: int
    naive_ns: int
    """the busiest engine's time: what an estimate without dependencies says"""
    expected: Expected | None
    """None where it abstained, as ``remedies`` are empty and ``schedule`` is None"""
    bound: Bound | None
    unknown_dependency_share: float | None
    """part of the device time whose reads and writes are not known; None without an execution trace"""
    remedies: tuple[Remedy, ...]
    """that with the largest gain first"""
    schedule: Schedule | None

    before_ns: int
    """what gains are counted from: the clock where it is known, else the replay with a host that is not recorded"""
    contention: tuple[str, ...] = ()
    """from where it is known by how much operations slow each other down: ``measured on NVIDIA H200``"""
    vain: tuple[str, ...] = ()
    """causes of losses that changes would end, and save next to nothing"""
