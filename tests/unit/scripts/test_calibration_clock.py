"""The clock of scripts/calibrate, on a GPU that is a few lines."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Event:
    gpu: Gpu
    at_ms: float = 0.0

    def record(self, stream: Stream | None = None) -> None:
        self.at_ms = self.gpu.held_until_ms
        if stream is not None:
            stream.end = self

    def query(self) -> bool:
        """Whether the host took longer than the GPU was held."""
        return self.gpu.host_ms > self.at_ms

    def elapsed_time(self, other: Event) -> float:
        return other.at_ms - self.at_ms


@dataclass
class Stream:
    gpu: Gpu
    operations: list[tuple[str, float]] = field(default_factory=list)
    end: Event | None = None

    def wait_event(self, event: Event) -> None:
        assert event.at_ms == self.gpu.held_until_ms

    def __enter__(self) -> None:
        self.gpu.current = self

    def __exit__(self, *_: object) -> None:
        self.gpu.current = None


@dataclass
class Gpu:
    """Streams do what they were given once it is held no longer. The host needs ``enqueue_ms`` for each operation."""

    enqueue_ms: float = 0.001
    slowdown: dict[tuple[str, str], float] = field(default_factory=dict)
    """of operations of one name while a stream has those of the other"""
    host_ms: float = 0.0
    held_until_ms: float = 0.0
    streams: list[Stream] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    current: Stream | None = None

    def stream(self) -> Stream:
        self.streams.append(Stream(self))
        return self.streams[-1]

    def run(self, name: str, ms: float) -> None:
        self.host_ms += self.enqueue_ms
        self.order.append(name)
        self.current.operations.append((name, ms))

    def hold(self, cycles: int) -> None:
        self.held_until_ms = self.host_ms + cycles / 2e6

    def synchronize(self) -> None:
        names = {name for stream in self.streams for name, _ in stream.operations}
        for stream in self.streams:
            took_ms = sum(ms * self._factor(name, names) for name, ms in stream.operations)
            self.host_ms = max(self.host_ms, self.held_until_ms + took_ms)
            if stream.end is not None:
                stream.end.at_ms = self.held_until_ms + took_ms
            stream.operations, stream.end = [], None

    def _factor(self, name: str, names: set[str]) -> float:
        return max(self.slowdown.get((name, other), 1.0) for other in names)

    def torch(self) -> ModuleType:
        found = ModuleType("torch")
        found.cuda = SimpleNamespace(
            Event=lambda enable_timing: Event(self),
            Stream=self.stream,
            stream=lambda stream: stream,
            synchronize=self.synchronize,
            _sleep=self.hold,
        )
        return found


@pytest.fixture
def gpu() -> Gpu:
    return Gpu()


@pytest.fixture
def clock(gpu: Gpu, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.setitem(sys.modules, "torch", gpu.torch())
    yield importlib.import_module("scripts.calibration.clock")
    del sys.modules["scripts.calibration.clock"]


def kind(gpu: Gpu, key: str, ms: float) -> SimpleNamespace:
    return SimpleNamespace(key=key, run=lambda: gpu.run(key, ms))


def test_lanes_start_together_and_each_has_its_own_end(gpu: Gpu, clock: ModuleType) -> None:
    a, b = kind(gpu, "a", 1.0), kind(gpu, "b", 0.25)

    assert clock.Clock().race([clock.Lane(a, 3), clock.Lane(b, 2)]) == pytest.approx([3.0, 0.5])
    assert gpu.order == ["a", "b", "a", "b", "a"], "one operation of each lane in turns"


def test_the_hold_grows_until_the_host_is_quick_enough(gpu: Gpu, clock: ModuleType) -> None:
    gpu.enqueue_ms = 0.2

    assert clock.Clock().race([clock.Lane(kind(gpu, "a", 1.0), 10)]) == pytest.approx([10.0])
    assert len(gpu.order) > 10, "the first tries did not count"


def test_a_host_that_is_never_quick_enough_is_an_error(gpu: Gpu, clock: ModuleType) -> None:
    gpu.enqueue_ms = 1e6

    with pytest.raises(RuntimeError, match="enqueues too slowly"):
        clock.Clock().race([clock.Lane(kind(gpu, "a", 1.0), 10)])


def test_a_lane_has_as_many_operations_as_take_two_milliseconds(gpu: Gpu, clock: ModuleType) -> None:
    lengths = [clock.Clock().lane(kind(gpu, "a", ms)).count for ms in (5.0, 0.5, 0.001)]

    assert lengths == [1, 4, 200]


def test_beside_gives_the_time_of_one_operation_alone_and_with_the_other(gpu: Gpu, clock: ModuleType) -> None:
    gpu.slowdown["a", "b"] = 1.5

    alone, together = clock.Clock().beside(kind(gpu, "a", 0.5), [kind(gpu, "b", 0.8)])

    assert alone == pytest.approx((0.5, 0.5, 0.5))
    assert together == pytest.approx((0.75, 0.75, 0.75))


def test_the_other_runs_for_longer_until_it_covers_the_first(gpu: Gpu, clock: ModuleType) -> None:
    gpu.slowdown["a", "b"] = 10.0

    _, together = clock.Clock().beside(kind(gpu, "a", 0.5), [kind(gpu, "b", 0.5)])

    assert together.median == pytest.approx(5.0)
    last = gpu.order[len(gpu.order) - gpu.order[::-1].index("a") - 8 :]
    assert last.count("b") >= 40, "4 times 5 ms need 40 of 0.5 ms"


def test_an_other_that_cannot_cover_the_first_measures_nothing(gpu: Gpu, clock: ModuleType) -> None:
    gpu.slowdown["a", "b"] = 1e6

    assert clock.Clock().beside(kind(gpu, "a", 0.5), [kind(gpu, "b", 0.5)]) is None


def test_a_spread_is_the_lowest_the_median_and_the_highest(clock: ModuleType) -> None:
    assert clock.Spread.of([3.0, 1.0, 2.0, 9.0, 2.5]) == (1.0, 2.5, 9.0)
    assert clock.Spread(1.0, 2.0, 3.0).scaled(10) == (10, 20, 30)
