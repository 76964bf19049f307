"""Whose device, whose stream: what several processes did is apart, however their traces come together."""

from __future__ import annotations

import json
import sqlite3

import numpy as np
import pytest

from gpu_trace_analyzers.errors import TraceUnreadable
from gpu_trace_analyzers.model import DeviceWork
from gpu_trace_analyzers.questions.causes import causes
from gpu_trace_analyzers.questions.overlap import active_devices, device_figures
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.questions.streams import in_one_stream
from gpu_trace_analyzers.questions.unmatched import lost_launches
from gpu_trace_analyzers.readers import load
from literal import literal

SHIFT = 100_000_000
US = 1000


def events(rank, pid, gpu_pid, gpu_tid=None):
    """Four steps of a process which launches a kernel and copies its result, 500 µs later for each rank."""
    for i in range(1, 5):
        at = 500 * rank + 1000 * i
        kernel, copy = {"correlation": 2 * i}, {"correlation": 2 * i + 1}
        for name, ts, args in (("cudaLaunchKernel", at, kernel), ("cudaMemcpyAsync", at + 10, copy)):
            yield {
                "ph": "X",
                "cat": "cuda_runtime",
                "name": name,
                "pid": pid,
                "tid": pid,
                "ts": ts,
                "dur": 5,
                "args": args,
            }
        row = {"ph": "X", "pid": gpu_pid}
        on = {"device": 0, "context": 1}
        yield (
            row
            | {"cat": "kernel", "name": "gemm", "tid": gpu_tid or 7, "ts": at + 20, "dur": 400}
            | {"args": kernel | on | {"stream": 7}}
        )
        yield (
            row
            | {"cat": "gpu_memcpy", "name": "Memcpy DtoH (Device -> Pinned)", "tid": 9, "ts": at + 500, "dur": 300}
            | {"args": copy | on | {"stream": 9, "bytes": 3000}}
        )


def write(path, *parts):
    rows = [row for part in parts for row in part]
    head = {"schemaVersion": 1, "deviceProperties": [{"id": 0, "name": "GPU A"}], "baseTimeNanoseconds": 10**18}
    path.write_text(json.dumps({**head, "traceEvents": rows}))
    return path


def folder(tmp_path, count):
    """That of a run, whose processes are no ranks."""
    (tmp_path / "run.json").write_text("{}")
    for rank in range(count):
        write(tmp_path / f"worker{rank}.json", events(rank, 500 + rank, 0))
    return tmp_path


def shifted(tmp_path, count):
    parts = [events(rank, SHIFT * (rank + 1) + 500, SHIFT * (rank + 1)) for rank in range(count)]
    return write(tmp_path / "merged.json", *parts)


def labelled(tmp_path, count):
    parts = [events(rank, 500 + rank, f"rank {rank} GPU 0") for rank in range(count)]
    return write(tmp_path / "merged.json", *parts)


def nsys(tmp_path, count, told=True):
    path = tmp_path / "report.sqlite"
    with sqlite3.connect(path) as db:
        db.executescript("""
            CREATE TABLE StringIds(id, value);
            CREATE TABLE TARGET_INFO_GPU(id, name, uuid, cuDevice);
            CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL(start, end, deviceId, contextId, streamId, correlationId, globalPid,
                demangledName);
            CREATE TABLE CUPTI_ACTIVITY_KIND_MEMCPY(start, end, deviceId, contextId, streamId, correlationId, globalPid,
                bytes, copyKind, srcKind, dstKind);
            CREATE TABLE CUPTI_ACTIVITY_KIND_RUNTIME(start, end, globalTid, correlationId, nameId);
            INSERT INTO StringIds VALUES (1, 'gemm'), (2, 'cudaLaunchKernel'), (3, 'cudaMemcpyAsync');
        """)
        if told:
            db.execute("CREATE TABLE TARGET_INFO_CUDA_DEVICE(gpuId, cudaId, pid)")
        for rank in range(count):
            pid = 500 + rank
            process = 1 << 48 | pid << 24
            db.execute("INSERT INTO TARGET_INFO_GPU VALUES (?, 'GPU A', ?, ?)", (rank, f"GPU-{rank}", rank))
            if told:
                db.execute("INSERT INTO TARGET_INFO_CUDA_DEVICE VALUES (?, 0, ?)", (rank, pid))
            for row in events(rank, pid, 0):
                at, end, correlation = row["ts"] * US, (row["ts"] + row["dur"]) * US, row["args"]["correlation"]
                if row["cat"] == "cuda_runtime":
                    name = 2 if row["name"] == "cudaLaunchKernel" else 3
                    values = (at, end, process | pid, correlation, name)
                    db.execute("INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME VALUES (?, ?, ?, ?, ?)", values)
                elif row["cat"] == "kernel":
                    values = (at, end, 0, 1, 7, correlation, process, 1)
                    db.execute("INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
                else:
                    values = (at, end, 0, 1, 9, correlation, process, 3000, 2, 2, 1)
                    marks = ", ".join("?" * len(values))
                    db.execute(f"INSERT INTO CUPTI_ACTIVITY_KIND_MEMCPY VALUES ({marks})", values)
    return path


def figures(trace):
    found = [device_figures(Scope(trace), position) for position in active_devices(trace)]
    return [(row.compute_ns, row.copy_ns, row.overlap_ns, row.span_ns, row.idle_ns) for row in found]


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("together", [folder, shifted, labelled, nsys])
def test_however_traces_come_together_each_process_keeps_its_device(together, count, tmp_path):
    trace = load(together(tmp_path, count))
    trace.check()
    assert figures(trace) == [(1600 * US, 1200 * US, 0, 3780 * US, 980 * US)] * count
    assert not lost_launches(trace).any()
    assert len({device.label for device in trace.devices}) == count
    assert {row.cause for row in causes(Scope(trace))} == {"launched_late", "no_compute_left"}


def test_without_the_table_of_devices_the_processes_of_a_report_are_apart(tmp_path):
    trace = load(nsys(tmp_path, 2, told=False))
    assert figures(trace) == [(1600 * US, 1200 * US, 0, 3780 * US, 980 * US)] * 2
    assert [device.owner for device in trace.devices] == ["process 500", "process 501"]


def test_two_processes_that_wrote_one_file_through_one_another_are_refused(tmp_path):
    path = write(tmp_path / "merged.json", events(0, 500, 0), events(0, 501, 0))
    with pytest.raises(TraceUnreadable, match="several processes on GPU 0"):
        load(path)


def test_one_process_with_two_devices_is_one_process(tmp_path):
    rows = list(events(0, 500, 0))
    more = [row | {"pid": 1, "args": row["args"] | {"device": 1}} for row in events(0, 500, 0) if "gpu" in row["cat"]]
    trace = load(write(tmp_path / "one.json", rows, more))
    assert [device.owner for device in trace.devices] == ["", ""]


def test_equal_numbers_of_streams_are_one_stream_only_in_one_process_and_context():
    work = literal("s7 k 0-10; s7 k 10-20; s8 k 20-30").work
    other = DeviceWork.of({name: getattr(work, name) for name in work.columns()} | {"context": [1, 2, 1]})
    rows = [0, 0], [1, 2]
    assert in_one_stream(work, *map(np.array, rows)).tolist() == [True, False]
    assert in_one_stream(other, *map(np.array, rows)).tolist() == [False, False]
