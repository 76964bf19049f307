"""How long do kinds of work take that start together, each in a stream of its own?

All is enqueued while the GPU is held by a kernel that only waits, so the host's speed has no part in what is measured.
"""

from __future__ import annotations

import math
from itertools import zip_longest
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calibration.kinds import Kind

REPEATS = 5
_AIM_MS = 2.0
"""length of the work that is timed: hundreds of times what an event adds to it"""
_MOST_OPERATIONS = 600
"""in all lanes: a GPU takes about a thousand launches ahead, and what comes later would wait for the hold to end"""
_LEAST_HOLD_MS = 0.5
_MOST_HOLD_MS = 500.0
_CYCLES_PER_MS = 2_000_000
"""of a GPU at 2 GHz; one with a slower clock is held for longer"""


class Spread(NamedTuple):
    """The lowest, the median and the highest of the repetitions."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """That of some values."""
        return cls(min(values), median(values), max(values))

    def scaled(self, by: float) -> Spread:
        """Each of them times ``by``."""
        return Spread(*(value * by for value in self))


class Lane(NamedTuple):
    """Operations of one kind in one stream."""

    kind: Kind
    count: int


class Clock:
    """Times lanes of work that start together."""

    def __init__(self) -> None:
        self._streams = [torch.cuda.Stream() for _ in range(32)]
        self._enqueue_ms = 0.01

    def race(self, lanes: Sequence[Lane]) -> list[float]:
        """Milliseconds from the common start to the end of each lane."""
        operations = sum(lane.count for lane in lanes)
        while True:
            start = self._start(operations)
            ends = self._enqueue(lanes, start)
            in_time = not start.query()
            torch.cuda.synchronize()
            if in_time:
                return [start.elapsed_time(end) for end in ends]
            self._hold_longer(operations)

    def warm(self, kinds: Sequence[Kind]) -> None:
        """Run each kind in its stream, so that modules are loaded and workspaces allocated."""
        for stream, kind in zip(self._streams, kinds, strict=False):
            with torch.cuda.stream(stream):
                kind.run()
        torch.cuda.synchronize()

    def lane(self, kind: Kind, aim_ms: float = _AIM_MS) -> Lane:
        """As many operations as take about ``aim_ms``."""
        self.warm([kind])
        each_ms = self.race([Lane(kind, 3)])[0] / 3
        return Lane(kind, max(1, min(_MOST_OPERATIONS // 3, math.ceil(aim_ms / each_ms))))

    def alone(self, kind: Kind) -> Spread:
        """Milliseconds of one operation, of which several follow one another."""
        lane = self.lane(kind)
        return Spread.of([self.race([lane])[0] / lane.count for _ in range(REPEATS)])

    def beside(self, kind: Kind, others: Sequence[Kind]) -> tuple[Spread, Spread] | None:
        """Milliseconds of one operation alone, and while others are busy all the time; None if they never are.

        Both are measured in turns, so that a clock of the GPU that changes has a part in both.
        """
        lane, beside = self.lane(kind), [self.lane(other) for other in others]
        self.warm([kind, *others])
        alone, together = [], []
        for _ in range(REPEATS):
            alone.append(self.race([lane])[0] / lane.count)
            beside, took_ms = self._covered(lane, beside)
            if took_ms is None:
                return None
            together.append(took_ms / lane.count)
        return Spread.of(alone), Spread.of(together)

    def _covered(self, lane: Lane, beside: list[Lane]) -> tuple[list[Lane], float | None]:
        """The time of a lane beside others that end later, and how long those had to be."""
        while lane.count + sum(other.count for other in beside) <= _MOST_OPERATIONS:
            took_ms, *others_ms = self.race([lane, *beside])
            if min(others_ms) >= took_ms:
                return beside, took_ms
            beside = [
                Lane(other.kind, other.count * 2 if ms < took_ms else other.count)
                for other, ms in zip(beside, others_ms, strict=True)
            ]
        return beside, None

    def _start(self, operations: int) -> torch.cuda.Event:
        """The event that ends a hold, which is as long as the host needs to enqueue so many operations."""
        start = torch.cuda.Event(enable_timing=True)
        torch.cuda._sleep(int((_LEAST_HOLD_MS + operations * self._enqueue_ms) * _CYCLES_PER_MS))
        start.record()
        return start

    def _enqueue(self, lanes: Sequence[Lane], start: torch.cuda.Event) -> list[torch.cuda.Event]:
        """All lanes behind the start, one operation of each in turns, as programs do; the events that end them."""
        streams = self._streams[: len(lanes)]
        for stream in streams:
            stream.wait_event(start)
        for row in zip_longest(*([lane.kind] * lane.count for lane in lanes)):
            for stream, kind in zip(streams, row, strict=True):
                if kind is not None:
                    with torch.cuda.stream(stream):
                        kind.run()
        ends = [torch.cuda.Event(enable_timing=True) for _ in lanes]
        for stream, end in zip(streams, ends, strict=True):
            end.record(stream)
        return ends

    def _hold_longer(self, operations: int) -> None:
        self._enqueue_ms *= 1.5
        if operations * self._enqueue_ms > _MOST_HOLD_MS:
            raise RuntimeError(f"the host enqueues too slowly: {_MOST_HOLD_MS:.0f} ms are not enough for it")
