"""Which rows are of one step? Those of the host while its range is open, and what these launched."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from .recording import Recording, Row

STEP = "step"
_HOST = ("cuda_runtime", "cuda_driver", "user_annotation", "nvtx")
_CALLS = _HOST[:2]
_DEVICE = ("kernel", "gpu_memcpy", "gpu_memset")
_SYNC = "cuda_sync"
_POLLS = ("cudaEventQuery", "cudaStreamQuery")
"""how often they come depends on how long something takes"""


@dataclass(frozen=True, slots=True)
class Step:
    """One recorded step. The rows of equal steps are in equal order."""

    start_ns: int
    end_ns: int
    host: tuple[Row, ...]
    """by thread and start; behind a call the row of what it waited for"""
    operations: tuple[Row, ...]
    """in the order of their launches"""

    def kind(self) -> Hashable:
        """Equal for steps that do the same."""
        pid = self.host[0].pid
        lines = tuple((row.category, row.name, row.category == _SYNC or row.thread == pid) for row in self.host)
        return lines, tuple((row.name, row.args["stream"]) for row in self.operations)


def steps_of(recording: Recording) -> list[Step]:
    """All whole steps, in order; the last one is not: the host ends the job in it."""
    begin = sorted(row.start_ns for row in recording.rows if row.category == "nvtx" and row.name == STEP)
    threads = _working(recording)
    host = [row for row in recording.rows if row.category in _HOST and row.thread in threads and row.name not in _POLLS]
    waits = {row.correlation: row for row in recording.rows if row.category == _SYNC}
    launched = {row.correlation: row for row in recording.rows if row.category in _DEVICE}
    rows: dict[int, list[Row]] = defaultdict(list)
    for row in host:
        rows[bisect_right(begin, row.start_ns) - 1].append(row)
    return [
        _step(start_ns, end_ns, rows[number], waits, launched)
        for number, (start_ns, end_ns) in enumerate(pairwise(begin))
    ]


def _working(recording: Recording) -> set[int]:
    """The threads that launch or that have ranges; others only watch."""
    launched = {row.correlation for row in recording.rows if row.category in _DEVICE}
    return {
        row.thread
        for row in recording.rows
        if row.category == "user_annotation" or (row.category in _CALLS and row.correlation in launched)
    }


def _step(start_ns: int, end_ns: int, rows: Sequence[Row], waits: dict[int, Row], launched: dict[int, Row]) -> Step:
    main = rows[0].pid
    host: list[Row] = []
    for row in sorted(rows, key=lambda row: (row.thread != main, row.thread, row.start_ns, -row.end_ns)):
        host += [row, waits[row.correlation]] if row.correlation in waits else [row]
    calls = sorted((row for row in rows if row.category in _CALLS), key=lambda row: row.start_ns)
    operations = [launched[call.correlation] for call in calls if call.correlation in launched]
    return Step(start_ns, end_ns, tuple(host), tuple(operations))


@dataclass(frozen=True, slots=True)
class Sample:
    """A step, among those of its recording."""

    recording: int
    number: int
    steps: tuple[Step, ...]
    """all of its recording"""

    @property
    def step(self) -> Step:
        return self.steps[self.number]


def equal_steps(recorded: Sequence[Recording]) -> list[Sample]:
    """The steps of the commonest kind, except the first of each recording, which finds the GPU idle."""
    steps = [tuple(steps_of(recording)) for recording in recorded]
    samples = [Sample(place, n, of) for place, of in enumerate(steps) for n in range(1, len(of))]
    (commonest, _), *_others = Counter(sample.step.kind() for sample in samples).most_common(1)
    return [sample for sample in samples if sample.step.kind() == commonest]
