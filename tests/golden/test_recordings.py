"""Recordings of an H200 become traces that say what their records say, read by a few lines of struct."""

from __future__ import annotations

import struct
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from gpu_trace.recording import assemble
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.model import Engine
from gpu_trace_analyzers.readers import load

RECORDINGS = Path(__file__).parent / "recordings"
PIDS = {"whole": 435, "killed": 503}
RANGES = {"whole": {"mine", "range"}, "killed": {"range"}}
"""Kineto keeps the one until it is stopped; the other is NVTX"""
KERNEL, MEMCPY, MEMSET, CALL, DRIVER_CALL, WAIT = 10, 1, 2, 5, 4, 38


class Folder:
    def __init__(self, path: Path) -> None:
        self.path, self.raw = path, path / ".raw"


@pytest.fixture(params=PIDS)
def name(request):
    return request.param


@pytest.fixture
def records(name):
    data = (RECORDINGS / name / f"cupti-{PIDS[name]}-0.records").read_bytes()
    found = defaultdict(list)
    for at in range(0, len(data), 88):
        start, end, kind, correlation, device, _, stream, *_ = struct.unpack_from("<QQIIIIIII", data, at)
        found[kind].append((start, end, correlation, device, stream, struct.unpack_from("<Q", data, at + 56)[0]))
    return found


@pytest.fixture
def trace_file(name, tmp_path):
    [process] = assemble.left_by(RECORDINGS / name, PIDS[name])
    [path] = assemble.write_traces(Folder(tmp_path), [process])
    return path


def union_ns(spans):
    busy, until = 0, 0
    for start, end in sorted(spans):
        busy += max(0, end - max(start, until))
        until = max(until, end)
    return busy


def in_trace(trace, rows, *columns):
    """Start and end since 1970, and some columns, of some rows."""
    times = ((trace.epoch_ns + rows.start_ns).tolist(), (trace.epoch_ns + rows.end_ns).tolist())
    return Counter(zip(*times, *(getattr(rows, column).tolist() for column in columns), strict=True))


def test_every_operation_is_in_the_trace(records, trace_file):
    trace = load(trace_file)
    of_kernels = trace.work[trace.work.engine == Engine.COMPUTE]
    others = trace.work[trace.work.engine != Engine.COMPUTE]
    assert in_trace(trace, of_kernels, "stream") == Counter(
        (start, end, stream) for start, end, _, _, stream, _ in records[KERNEL]
    )
    assert in_trace(trace, others, "stream", "size") == Counter(
        (start, end, stream, size) for kind in (MEMCPY, MEMSET) for start, end, _, _, stream, size in records[kind]
    )


def test_every_call_is_in_the_trace_on_its_thread(records, trace_file):
    trace = load(trace_file)
    assert in_trace(trace, trace.calls, "thread") == Counter(
        (start, end, union & 0xFFFFFFFF) for kind in (CALL, DRIVER_CALL) for start, end, *_, union in records[kind]
    )


def test_the_summary_says_what_the_records_say(records, trace_file):
    [device] = Analysis(load(trace_file)).summary.devices
    assert device.engines[Engine.COMPUTE].busy_ns == union_ns([row[:2] for row in records[KERNEL]])
    every = [row[:2] for kind in (KERNEL, MEMCPY, MEMSET) for row in records[kind]]
    assert device.busy_ns == union_ns(every)
    assert device.span_ns == max(end for _, end in every) - min(start for start, _ in every)


def test_nothing_is_unmatched_and_waits_are_resolved(name, records, trace_file):
    summary, trace = Analysis(load(trace_file)).summary, load(trace_file)
    assert (summary.unmatched.launches, summary.unmatched.work) == (0, 0)
    assert len(trace.syncs) == len(records[WAIT])
    assert (13, 7) in zip(trace.syncs.stream.tolist(), trace.syncs.awaited_stream.tolist(), strict=True)


AUTOGRAD = {"whole": 465, "killed": 529}


def test_a_range_owns_what_autograds_thread_launched_in_it(name, records, trace_file):
    trace = load(trace_file)
    assert {trace.text(code) for code in trace.ranges.name.tolist()} == RANGES[name]
    [row] = [row for row, code in enumerate(trace.ranges.name.tolist()) if trace.text(code) == "range"]
    began, ended = trace.epoch_ns + trace.ranges.start_ns[row], trace.epoch_ns + trace.ranges.end_ns[row]
    calls = {
        correlation: union & 0xFFFFFFFF
        for kind in (CALL, DRIVER_CALL)
        for start, _, correlation, *_, union in records[kind]
        if began <= start <= ended
    }
    owned = [calls.get(correlation) for kind in (KERNEL, MEMCPY, MEMSET) for _, _, correlation, *_ in records[kind]]
    [found] = (found for found in Analysis(trace).summary.ranges if found.name == "range")
    assert found.operations == owned.count(PIDS[name]) + owned.count(AUTOGRAD[name]) == 199
