"""What is known of a pair: the clocks of its cases, what was predicted between them, and what is in its recordings."""

from __future__ import annotations

from statistics import median_low
from typing import Literal

import msgspec


class Clocks(msgspec.Struct, frozen=True):
    """What a script printed: the wall clocks of repetitions in one process, in ns, and a checksum of their results."""

    case: str
    clocks_ns: list[int]
    checksum: str

    @property
    def median_ns(self) -> int:
        """The median repetition, one that was measured."""
        return median_low(self.clocks_ns)

    @property
    def spread_ns(self) -> int:
        """Half of what the slowest differs from the fastest."""
        return (max(self.clocks_ns) - min(self.clocks_ns)) // 2


class Case(msgspec.Struct, frozen=True):
    """The case before the change, unrecorded and recorded, and the machine it ran on.

    ``recorded_ns`` is the clock of the recorded repetition, ``busiest_ns`` how long its busiest engine was busy.
    """

    machine: dict[str, str]
    unrecorded: Clocks
    recorded_ns: int
    busiest_ns: int


class Expected(msgspec.Struct, frozen=True):
    """The predicted time in ns, and between which two it lies."""

    predicted_ns: int
    low_ns: int
    high_ns: int


class Prediction(msgspec.Struct, frozen=True):
    """What is read of the document that ``gpu-trace whatif --json`` prints; the reason alone where it printed none."""

    schema: Literal["gpu-trace.whatif/1"]
    status: Literal["answered", "abstained"]
    reason: str
    recorded_ns: int | None = None
    replay_ns: int | None = None
    expected: Expected | None = None


class Outcome(msgspec.Struct, frozen=True):
    """A pair, as far as it is known."""

    pair: str
    before: Case | None = None
    prediction: Prediction | None = None
    after: Clocks | None = None


def busiest_ns(summary: bytes) -> int:
    """How long the busiest engine of any device was busy, by a ``summary.json``; 0 where none was."""
    devices = msgspec.json.decode(summary)["devices"]
    return max((engine["busy_ns"] for device in devices for engine in device["engines"].values()), default=0)


def devices(summary: bytes) -> list[str]:
    """The labels of the devices that a ``summary.json`` is about."""
    return [device["label"] for device in msgspec.json.decode(summary)["devices"]]
