"""One wrong stamp in a good trace: no figure moves by more than that row, or the trace says that it is in doubt.

Some wrong stamps contradict nothing: a row that is a little longer into a gap of its stream. `Surroundings` decides for
one row, by comparing it with every other, whether that is so; such a stamp could be the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random

import numpy as np
import pytest

from gpu_trace_analyzers.model import MISSING, DeviceWork, Engine, SyncKind, Trace
from gpu_trace_analyzers.questions.overlap import device_figures
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.readers.base.building import TraceBuilder
from gpu_trace_analyzers.readers.finishing.contradictions import without_contradictions
from gpu_trace_analyzers.readers.finishing.host_order import SKEW_NS
from gpu_trace_analyzers.readers.finishing.stream_order import ALLOWED_NS
from kineto_text import InMemory

TRACES = Path(__file__).parents[2] / "samples/traces"
NAMES = [
    "seed_blocking", "seed_nonblocking", "two_streams", "peer_same_stream", "gpu1_and_gpu2", "mlp_serial", "ddp_rank0",
    "one_h200/compute_and_copy", "one_h200/data_loading", "one_h200/dependencies", "one_h200/independent_operations",
    "one_h200/mlp_scheduled", "one_h200/three_at_once",
]  # fmt: skip
US, MS, SECOND, HOUR = 10**3, 10**6, 10**9, 3600 * 10**9
AMOUNTS = [US, 20 * US, 150 * US, MS, 20 * MS, SECOND, HOUR, 5 * HOUR, 48 * HOUR]
ROWS, STAMPS = 2, 12
FIGURES = (
    "compute_ns",
    "copy_ns",
    "collective_ns",
    "overlap_ns",
    "exposed_copy_ns",
    "busy_ns",
    "headroom_ns",
    "idle_ns",
    "span_ns",
)
KERNELS = (Engine.COMPUTE, Engine.COLLECTIVE)


def corrupted(start: int, end: int) -> list[tuple[int, int]]:
    """Every way in which one stamp of this row can be wrong; in Kineto a wrong start moves the end too."""
    by = [(sign * ns) for ns in AMOUNTS for sign in (1, -1)]
    moved = [(start + ns, end + ns) for ns in by]
    return [
        *moved,
        *((start + ns, end) for ns in by),
        *((start, end + ns) for ns in by),
        (0, end),
        (start, 0),
        (start, start),
    ]


def with_times(trace: Trace, row: int, start: int, end: int) -> Trace:
    """The trace as a reader would have it if one row of work had these times."""
    builder = TraceBuilder(InMemory(content=b""), "kineto")
    builder.resolution_ns = 1
    for text in trace.strings:
        builder.strings[text]
    for device in trace.devices:
        builder.device(device.kind, device.index)
    for process in trace.processes:
        builder.process(process.pid)
    for table in trace.tables().values():
        kind = type(table)
        columns = {name: getattr(table, name) for name in kind.columns()}
        if kind is DeviceWork:
            columns["start_ns"], columns["end_ns"] = columns["start_ns"].copy(), columns["end_ns"].copy()
            columns["start_ns"][row], columns["end_ns"][row] = start, end
        builder.add(kind, **columns)
    return without_contradictions(builder.build())


@dataclass
class Surroundings:
    """What a row of work must be consistent with, as the good trace has it."""

    trace: Trace
    row: int

    def allow(self, start: int, end: int) -> bool:
        """Whether nothing in the trace contradicts these times."""
        return (
            self._launched_by(start)
            and self._before_waits(end)
            and all(self._beside(other, start, end) for other in self._stream())
        )

    def _calls(self, row: int) -> tuple[int, int]:
        """When the launching call of a row began and returned."""
        work, calls = self.trace.work, self.trace.calls
        mine = (calls.correlation == work.correlation[row]) & (calls.process == work.process[row])
        if work.correlation[row] == MISSING or not mine.any():
            return MISSING, MISSING
        first = int(np.flatnonzero(mine)[0])
        return int(calls.start_ns[first]), int(calls.end_ns[first])

    def _launched_by(self, start: int) -> bool:
        return start >= self._calls(self.row)[0] - SKEW_NS

    def _before_waits(self, end: int) -> bool:
        trace, work, row = self.trace, self.trace.work, self.row
        returned = self._calls(row)[1]
        by = returned if returned != MISSING else int(work.start_ns[row])
        syncs = trace.syncs
        waited = (syncs.device == work.device[row]) & (syncs.process == work.process[row]) & (syncs.start_ns >= by)
        on_stream = (syncs.kind == SyncKind.STREAM) & (syncs.stream == work.stream[row])
        ends = syncs.end_ns[waited & (on_stream | (syncs.kind == SyncKind.CONTEXT))].tolist()
        if len(set(work.device[work.process == work.process[row]].tolist())) == 1:
            mine = self._waits_for_all & (trace.calls.process == work.process[row]) & (trace.calls.start_ns >= by)
            ends += trace.calls.end_ns[mine].tolist()
        return all(end <= ns + SKEW_NS for ns in ends)

    @cached_property
    def _waits_for_all(self) -> np.ndarray:
        """For each call, whether it is one that waits for all that a device has to do."""
        return np.array([self.trace.text(int(name)) == "cudaDeviceSynchronize" for name in self.trace.calls.name])

    def _stream(self) -> list[int]:
        work, row = self.trace.work, self.row
        same = (
            (work.device == work.device[row]) & (work.process == work.process[row]) & (work.stream == work.stream[row])
        )
        same &= (work.correlation != work.correlation[row]) | (work.correlation == MISSING)
        same[row] = False
        return np.flatnonzero(same).tolist()

    def _beside(self, other: int, start: int, end: int) -> bool:
        """Whether the two could have run like this on one stream."""
        work = self.trace.work
        theirs = int(work.start_ns[other]), int(work.end_ns[other])
        (called, returned), (they_called, they_returned) = self._calls(self.row), self._calls(other)
        if MISSING not in (called, they_called):
            if returned <= they_called and start > theirs[0] + ALLOWED_NS:
                return False
            if they_returned <= called and start < theirs[0] - ALLOWED_NS:
                return False
        kernels = work.engine[self.row] in KERNELS and work.engine[other] in KERNELS
        first, second = sorted([(start, end), theirs])
        return first[1] <= (second[1] if kernels else second[0]) + ALLOWED_NS


def rows_of(trace: Trace, random: Random) -> list[int]:
    """Some rows, and among them the first and the last, which have the fewest neighbors."""
    return [0, len(trace.work) - 1, *random.sample(range(len(trace.work)), ROWS)]


@pytest.mark.parametrize("name", NAMES)
def test_one_wrong_stamp_moves_no_figure_far_or_is_told(name):
    trace = load(TRACES / f"{name}.json.gz")
    random = Random(name)
    for row in rows_of(trace, random):
        start, end, device = int(trace.work.start_ns[row]), int(trace.work.end_ns[row]), int(trace.work.device[row])
        good, around = device_figures(Scope(trace), device), Surroundings(trace, row)
        assert around.allow(start, end)
        for times in random.sample(corrupted(start, end), STAMPS):
            after = with_times(trace, row, *times)
            told = any(doubt.device == device for doubt in after.source.doubts)
            assert told == (len(after.source.quarantined) > 0 and times[0] != times[1]), (row, times)
            moved = device_figures(Scope(after), device)
            allowed = (end - start) + max(ALLOWED_NS, SKEW_NS)
            small = all(abs(getattr(moved, figure) - getattr(good, figure)) <= allowed for figure in FIGURES)
            assert told or small or around.allow(*times), (row, times)
            if max(abs(times[0] - start), abs(times[1] - end)) >= HOUR:
                assert told or times[0] == times[1], (row, times)
