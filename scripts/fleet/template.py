"""What does each step of the job do, and how long did each part of it take in each recorded step?

A step has *blocks*, calls in which the host waits for the GPU or, in the range of the loader, for data. Between them
the host takes the time that it was recorded to take.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .recording import recordings
from .steps import steps_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .recording import Recording, Row
    from .steps import Step

    Int64 = NDArray[np.int64]

BLOCKED_NS = 20_000
"""a synchronizing call that takes longer waited for the GPU"""
CALL_NS = 2_000
"""what such a call takes that need not wait"""
EVENT = "wait_on_cuda_event_record_corr_id"
QUEUE = 1024
"""operations that a host can launch ahead of its GPU; then a launch blocks"""
_LOADER = "enumerate(DataLoader)"
_MOST_LAG_NS = 50_000
"""a call that ends later after the operation did not wait for it"""
_MOST_DELAY_NS = 5_000
"""between when an operation can start and when it does: longer ones have reasons that are not in the recording"""


@dataclass(frozen=True, slots=True)
class Block:
    """A row of the host that lasts until an operation of this step, or of one before, has ended; or until data came."""

    row: int
    operation: int = -1
    """-1: the range of the loader"""
    steps_back: int = 0
    lag_ns: int = 0
    """from the end of the operation to that of the call"""
    own_ns: int = CALL_NS
    """what the call takes at least; -1: what it was recorded to take"""


@dataclass(frozen=True, slots=True)
class Launch:
    """Of an operation by a row of the host."""

    operation: int
    row: int
    stream: int


@dataclass(frozen=True, slots=True)
class Record:
    """Of an event on a stream."""

    row: int
    stream: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Of a stream on an event, that of this step or of one before."""

    stream: int
    row: int
    steps_back: int


Instruction = Block | Launch | Record | Wait


@dataclass(frozen=True, slots=True)
class Template:
    """A step, with the times of each recorded one, in ns from its start; (samples, ...) int64."""

    host: tuple[Row, ...]
    operations: tuple[Row, ...]
    launched_by: tuple[int, ...]
    """of each operation the row of its call"""
    events: dict[int, tuple[int, int]]
    """by correlation the row of the call that recorded an event, and how many steps ago"""
    program: tuple[Instruction, ...]
    """in the order of the host"""
    anchors: Int64
    """(samples, 2 + 2 * blocks): 0, the start and the end of each block, the end of the step"""
    host_start: Int64
    host_end: Int64
    duration: Int64
    """of each operation; of a collective, once the last rank has come to it"""
    delay: Int64
    """from when an operation can start to when it does"""
    latency_ns: int
    """the least time from a launch to the start"""
    head: dict[str, object]
    """what the recording says beside its rows"""
    began_ns: int
    """of the first sample, on the clock of its file"""

    @property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(each for each in self.program if isinstance(each, Block))

    @property
    def collectives(self) -> tuple[int, ...]:
        return tuple(number for number, row in enumerate(self.operations) if row.is_collective)

    @property
    def loader(self) -> int | None:
        """The place among the blocks of the loader's range."""
        return next((place for place, block in enumerate(self.blocks) if block.operation < 0), None)


@dataclass(frozen=True, slots=True)
class _Sample:
    recording: int
    number: int
    steps: tuple[Step, ...]
    """all of its recording"""

    @property
    def step(self) -> Step:
        return self.steps[self.number]


def template_of(base: str) -> Template:
    """Of a recorded job."""
    recorded = recordings(base)
    samples = _equal_steps(recorded)
    host = [_relative(sample.step.host, sample.step.start_ns) for sample in samples]
    host_start, host_end = np.minimum(host, _lengths(samples)[:, None, None]).transpose(2, 0, 1)
    blocks = _blocks(samples, host_end - host_start)
    program = _program(samples[0], blocks, host_start[0])
    in_order = [each for each in program if isinstance(each, Block)]
    edges = [edge[:, block.row] for block in in_order for edge in (host_start, host_end)]
    anchors = np.stack([np.zeros(len(samples), np.int64), *edges, _lengths(samples)], axis=1)
    if (np.diff(anchors) < 0).any():
        raise SystemExit(f"make-fleet: calls that block are not in one order in all steps of {base}")
    operations = np.array([_relative(sample.step.operations, sample.step.start_ns) for sample in samples])
    first = samples[0].step
    launched_by = _launches(first)
    latency_ns = min(map(_least_latency_ns, recorded))
    return Template(
        host=first.host,
        operations=first.operations,
        launched_by=tuple(launched_by),
        events=events_of(samples[0].steps[samples[0].number - 1], first),
        program=tuple(program),
        anchors=anchors,
        host_start=np.ascontiguousarray(host_start),
        host_end=np.ascontiguousarray(host_end),
        duration=_durations(samples),
        delay=_delays(program, host_start, operations, latency_ns),
        latency_ns=latency_ns,
        head=recorded[0].head,
        began_ns=first.start_ns,
    )


def _equal_steps(recorded: Sequence[Recording]) -> list[_Sample]:
    """The steps of the commonest kind, except the first of each recording, which finds the GPU idle."""
    steps = [tuple(steps_of(recording)) for recording in recorded]
    samples = [_Sample(place, n, of) for place, of in enumerate(steps) for n in range(1, len(of))]
    (commonest, _), *_others = Counter(sample.step.kind() for sample in samples).most_common(1)
    return [sample for sample in samples if sample.step.kind() == commonest]


def _least_latency_ns(recording: Recording) -> int:
    """From a launch to its start, where the GPU was idle."""
    calls = {row.correlation: row.start_ns for row in recording.rows if _is_call(row)}
    kernels = [row for row in recording.rows if row.category == "kernel" and row.correlation in calls]
    return min(row.start_ns - calls[row.correlation] for row in kernels)


def _relative(rows: Sequence[Row], start_ns: int) -> Int64:
    """(rows, 2) int64: start and end from the start of the step."""
    return np.array([(row.start_ns - start_ns, row.end_ns - start_ns) for row in rows], dtype=np.int64)


def _lengths(samples: Sequence[_Sample]) -> Int64:
    return np.array([sample.step.end_ns - sample.step.start_ns for sample in samples], dtype=np.int64)


def _launches(step: Step) -> list[int]:
    calls = {row.correlation: place for place, row in enumerate(step.host) if row.category.startswith("cuda_")}
    calls |= {row.correlation: place for place, row in enumerate(step.host) if _is_call(row)}
    return [calls[row.correlation] for row in step.operations]


def _is_call(row: Row) -> bool:
    return row.category in ("cuda_runtime", "cuda_driver")


def _blocks(samples: Sequence[_Sample], lengths: Int64) -> list[Block]:
    """Calls that wait for the GPU, the loader, and the first launch, which waits for room in the queue."""
    first = samples[0].step
    blocks = [Block(row) for row, of in enumerate(first.host) if of.name.startswith(_LOADER)][:1]
    for row, wait in enumerate(first.host):
        if wait.name in ("Event Sync", "Stream Sync", "Context Sync") and lengths[:, row].max() >= BLOCKED_NS:
            longest = samples[int(lengths[:, row].argmax())]
            blocks += _synchronizing(longest, row)
    begins = min(_launches(first), key=lambda row: first.host[row].start_ns)
    back = -(-QUEUE // len(first.operations))
    return [*blocks, Block(begins, len(first.operations) - 1, back, own_ns=-1)]


def _synchronizing(sample: _Sample, row: int) -> list[Block]:
    """The call before that row, and the operation that it waited for: the last that had ended on that stream."""
    wait, call = sample.step.host[row], sample.step.host[row - 1]
    ended = [
        (operation.end_ns, number, place)
        for number in range(max(0, sample.number - 1), sample.number + 1)
        for place, operation in enumerate(sample.steps[number].operations)
        if operation.args["stream"] == wait.args["wait_on_stream"] and operation.end_ns <= wait.end_ns
    ]
    if not ended:
        return []
    end_ns, number, place = max(ended)
    lag_ns = call.end_ns - end_ns
    return [Block(row - 1, place, sample.number - number, lag_ns)] if lag_ns <= _MOST_LAG_NS else []


def _program(sample: _Sample, blocks: Sequence[Block], host_start: Int64) -> list[Instruction]:
    """Blocks, launches, events and waits, in the order in which the host comes to them."""
    step = sample.step
    at: list[tuple[int, int, Instruction]] = [(int(host_start[block.row]), 0, block) for block in blocks]
    for operation, row in enumerate(_launches(step)):
        stream = int(step.operations[operation].args["stream"])
        at.append((int(host_start[row]), 1, Launch(operation, row, stream)))
    events = events_of(sample.steps[sample.number - 1], step)
    for place, row in enumerate(step.host):
        if (event := row.args.get(EVENT)) in events:
            recorded, steps_back = events[event]
            at.append((int(host_start[recorded]), 1, Record(recorded, int(row.args["wait_on_stream"]))))
            at.append((int(host_start[place]), 1, Wait(int(row.args["stream"]), recorded, steps_back)))
    order = sorted(range(len(at)), key=lambda number: (at[number][:2], number))
    return [at[number][2] for number in order]


def events_of(before: Step, step: Step) -> dict[int, tuple[int, int]]:
    """The row that records each event, by its correlation, and how many steps ago: none, or one if that was alike."""
    found = {row.correlation: (place, 0) for place, row in enumerate(step.host) if _is_call(row)}
    if before.kind() == step.kind():
        found |= {row.correlation: (place, 1) for place, row in enumerate(before.host) if _is_call(row)}
    return found


def _durations(samples: Sequence[_Sample]) -> Int64:
    """Of a collective the shortest of the ranks' own: that of the rank that came last."""
    own = np.array([[row.end_ns - row.start_ns for row in sample.step.operations] for sample in samples])
    for operation, row in enumerate(samples[0].step.operations):
        if row.is_collective:
            for number in {sample.number for sample in samples}:
                same = [place for place, sample in enumerate(samples) if sample.number == number]
                own[same, operation] = own[same, operation].min()
    return own


def _delays(program: Sequence[Instruction], host_start: Int64, operations: Int64, latency_ns: int) -> Int64:
    """How much later than it could each operation began."""
    delay = np.zeros(operations.shape[:2], np.int64)
    free: dict[int, Int64] = {}
    events: dict[int, Int64] = {}
    never = np.full(len(operations), np.iinfo(np.int64).min)
    for each in program:
        if isinstance(each, Launch):
            ready = np.maximum(free.get(each.stream, never), host_start[:, each.row] + latency_ns)
            delay[:, each.operation] = operations[:, each.operation, 0] - ready
            free[each.stream] = operations[:, each.operation, 1]
        elif isinstance(each, Record):
            events[each.row] = free.get(each.stream, never)
        elif isinstance(each, Wait):
            event = never if each.steps_back else events[each.row]
            free[each.stream] = np.maximum(free.get(each.stream, never), event)
    return delay.clip(0, _MOST_DELAY_NS)
