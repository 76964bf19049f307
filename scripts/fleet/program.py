"""In which order does the host of a rank do what others wait for, and what waits for what?

A step has *blocks*, calls in which the host waits for the GPU or, in the range of the loader, for data. Between them
the host takes the time that it was recorded to take.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from .recording import Row
    from .steps import Sample, Step

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


def launches_of(step: Step) -> list[int]:
    """Of each operation the row of the host that launched it."""
    calls = {row.correlation: place for place, row in enumerate(step.host) if is_call(row)}
    return [calls[row.correlation] for row in step.operations]


def is_call(row: Row) -> bool:
    """Whether it is of CUDA's API."""
    return row.category in ("cuda_runtime", "cuda_driver")


def blocks_of(samples: Sequence[Sample], lengths: Int64) -> list[Block]:
    """Calls that wait for the GPU, the loader, and the first launch, which waits for room in the queue."""
    first = samples[0].step
    blocks = [Block(row) for row, of in enumerate(first.host) if of.name.startswith(_LOADER)][:1]
    for row, wait in enumerate(first.host):
        if wait.name in ("Event Sync", "Stream Sync", "Context Sync") and lengths[:, row].max() >= BLOCKED_NS:
            longest = samples[int(lengths[:, row].argmax())]
            blocks += _synchronizing(longest, row)
    begins = min(launches_of(first), key=lambda row: first.host[row].start_ns)
    back = -(-QUEUE // len(first.operations))
    return [*blocks, Block(begins, len(first.operations) - 1, back, own_ns=-1)]


def _synchronizing(sample: Sample, row: int) -> list[Block]:
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


def program_of(sample: Sample, blocks: Sequence[Block], host_start: Int64) -> list[Instruction]:
    """Blocks, launches, events and waits, in the order in which the host comes to them."""
    step = sample.step
    at: list[tuple[int, int, Instruction]] = [(int(host_start[block.row]), 0, block) for block in blocks]
    for operation, call in enumerate(launches_of(step)):
        stream = int(step.operations[operation].args["stream"])
        at.append((int(host_start[call]), 1, Launch(operation, call, stream)))
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
    found = {row.correlation: (place, 0) for place, row in enumerate(step.host) if is_call(row)}
    if before.kind() == step.kind():
        found |= {row.correlation: (place, 1) for place, row in enumerate(before.host) if is_call(row)}
    return found
