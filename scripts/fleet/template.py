"""What does each step of the job do, and how long did each part of it take in each recorded step?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from .program import Block, Instruction, Launch, Record, Wait, blocks_of, events_of, is_call, launches_of, program_of
from .recording import recordings
from .steps import Sample, equal_steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .recording import Recording, Row

    Int64 = NDArray[np.int64]

_MOST_DELAY_NS = 5_000
"""between when an operation can start and when it does: longer ones have reasons that are not in the recording"""


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
    head: dict[str, Any]
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


@cache
def template_of(base: str) -> Template:
    """Of a recorded job."""
    recorded = recordings(base)
    samples = equal_steps(recorded)
    host = [_relative(sample.step.host, sample.step.start_ns) for sample in samples]
    host_start, host_end = np.minimum(host, _lengths(samples)[:, None, None]).transpose(2, 0, 1)
    blocks = blocks_of(samples, host_end - host_start)
    program = program_of(samples[0], blocks, host_start[0])
    in_order = [each for each in program if isinstance(each, Block)]
    edges = [edge[:, block.row] for block in in_order for edge in (host_start, host_end)]
    anchors = np.stack([np.zeros(len(samples), np.int64), *edges, _lengths(samples)], axis=1)
    if (np.diff(anchors) < 0).any():
        raise SystemExit(f"make-fleet: calls that block are not in one order in all steps of {base}")
    operations = np.array([_relative(sample.step.operations, sample.step.start_ns) for sample in samples])
    first = samples[0].step
    launched_by = launches_of(first)
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


def _least_latency_ns(recording: Recording) -> int:
    """From a launch to its start, where the GPU was idle."""
    calls = {row.correlation: row.start_ns for row in recording.rows if is_call(row)}
    kernels = [row for row in recording.rows if row.category == "kernel" and row.correlation in calls]
    return min(row.start_ns - calls[row.correlation] for row in kernels)


def _relative(rows: Sequence[Row], start_ns: int) -> Int64:
    """(rows, 2) int64: start and end from the start of the step."""
    return np.array([(row.start_ns - start_ns, row.end_ns - start_ns) for row in rows], dtype=np.int64)


def _lengths(samples: Sequence[Sample]) -> Int64:
    return np.array([sample.step.end_ns - sample.step.start_ns for sample in samples], dtype=np.int64)


def _durations(samples: Sequence[Sample]) -> Int64:
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
