"""Where a trace came from, and what of it cannot be used or is not certain."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An event whose times cannot be true, as the file has them; listed by ``gpu-trace info``."""

    name: str
    reason: str
    start_ns: int
    duration_ns: int
    kept_ns: int = 0
    """how much of the duration still counts: the event is in its table with this length; 0 for one left out"""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why no figure of a device is certain: some of its operations have times that cannot be true."""

    device: int
    """position in ``Trace.devices``"""
    reason: str
    operations: int

    @property
    def words(self) -> str:
        """``3 × begins before its launch``."""
        return f"{self.operations:,} × {self.reason}"


@dataclass(frozen=True, slots=True)
class RecordedDependencies:
    """What a process says that was recorded with an execution trace beside its operators; `MISSING` if not measured.

    The costs are what recording added on the host: to each operator, and to each call of CUDA. ``unrecorded_step_ns``
    is the time of a step of the same process, when nothing was recorded.
    """

    pid: int
    operators: int
    """in its execution trace"""
    cost_ns_per_operator: int
    cost_ns_per_call: int
    unrecorded_step_ns: int


@dataclass(frozen=True, slots=True)
class Source:
    """Where a trace came from, and what was lost in reading.

    ``events`` counts the events of the file; ``dropped`` counts those not used, by reason; ``expected`` are the
    reasons that are harmless, because no figure needs such events (flow arrows, instants); ``damage`` describes
    the damage of the file itself in sentences; ``doubts`` are of the figures of devices.
    """

    path: str
    format: str
    events: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    expected: frozenset[str] = frozenset()
    damage: tuple[str, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    """facts of the file about its recording, ready to print: torch and CUDA versions, driver, trace id"""
    dependencies: tuple[RecordedDependencies, ...] = ()
    """of each process that has an execution trace"""

    @property
    def losses(self) -> dict[str, int]:
        """Events that could have mattered and are not used, by reason."""
        return {reason: count for reason, count in self.dropped.items() if reason not in self.expected}
