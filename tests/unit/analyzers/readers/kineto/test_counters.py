"""Values over time in Kineto's files: those that gpu-trace recorded, and what PyTorch says of memory."""

from __future__ import annotations

import json

import pytest

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.readers import load

KERNEL = {"ph": "X", "cat": "kernel", "name": "k", "pid": 0, "tid": 7, "ts": 1.0, "dur": 99.0}
KERNEL |= {"args": {"device": 0, "stream": 7}}
VALUE = {"ph": "C", "cat": "recorded_counter", "name": "SM clock", "pid": 77, "tid": 0, "ts": 5.001}
BESIDE = {"unit": "MHz", "value": 1980, "device": 0}


def memory(at, allocated, reserved, device=0, kind=1, **more):
    args = {"Total Reserved": reserved, "Total Allocated": allocated, "Device Id": device, "Device Type": kind}
    event = {"ph": "i", "cat": "cpu_instant_event", "s": "t", "name": "[memory]", "pid": 77, "tid": 78, "ts": at}
    return event | {"args": args} | more


def read(tmp_path, *events):
    path = tmp_path / "trace.json"
    path.write_text(json.dumps({"schemaVersion": 1, "traceEvents": [KERNEL, *events]}))
    trace = load(path)
    trace.check()
    return trace


def values(trace):
    counters = trace.counters
    texts = [(trace.text(name), trace.text(unit)) for name, unit in zip(counters.name, counters.unit, strict=True)]
    columns = (counters.start_ns, counters.end_ns, counters.value, counters.device, counters.thread)
    return [(*text, *row) for text, row in zip(texts, zip(*(c.tolist() for c in columns), strict=True), strict=True)]


def test_a_recorded_value_stands_until_the_end_of_the_recording(tmp_path):
    trace = read(tmp_path, VALUE | {"gpu_trace": BESIDE})
    assert values(trace) == [("SM clock", "MHz", 5001, 100_000, 1980, 0, MISSING)]
    assert trace.processes[trace.counters.process[0]].pid == 77
    assert trace.source.dropped == {}


def test_the_process_may_stand_beside_a_value(tmp_path):
    trace = read(tmp_path, VALUE | {"gpu_trace": BESIDE | {"process": 99, "thread": 5}})
    assert (trace.processes[trace.counters.process[0]].pid, trace.counters.thread.tolist()) == (99, [5])


def test_memory_of_a_gpu_is_what_is_allocated_and_what_is_reserved(tmp_path):
    trace = read(tmp_path, memory(10, 4, 20), memory(20, 12, 20), memory(30, 8, 20))
    assert values(trace) == [
        ("memory allocated", "bytes", 10_000, 20_000, 4, 0, 78),
        ("memory reserved", "bytes", 10_000, 100_000, 20, 0, 78),
        ("memory allocated", "bytes", 20_000, 30_000, 12, 0, 78),
        ("memory allocated", "bytes", 30_000, 100_000, 8, 0, 78),
    ]


def test_memory_of_the_host_is_of_the_process_and_has_no_reserve(tmp_path):
    trace = read(tmp_path, memory(10, 4, 0, device=-1, kind=0))
    assert values(trace) == [("memory allocated", "bytes", 10_000, 100_000, 4, MISSING, 78)]


def test_rows_without_a_category_are_read_as_well(tmp_path):
    assert len(read(tmp_path, memory(10, 4, 20, cat="")).counters) == 2


def test_memory_of_devices_that_are_not_read_is_counted(tmp_path):
    trace = read(tmp_path, memory(10, 4, 20, kind=13), memory(10, 4, 20, device=-1, kind=1))
    assert (len(trace.counters), trace.source.losses) == (0, {"memory of a device that is not read": 2})


def test_other_instants_and_old_rows_without_totals_are_instants(tmp_path):
    old = memory(10, 4, 20)
    old["args"] = {"Device Type": 1, "Device Id": 0, "Bytes": 512}
    trace = read(tmp_path, old, memory(20, 1, 1, name="[OutOfMemory]"), {"ph": "i", "s": "g", "name": "x", "ts": 3})
    assert (len(trace.counters), trace.source.dropped, trace.source.losses) == (0, {"instants": 3}, {})


def test_counters_of_other_writers_are_counters(tmp_path):
    rate = {"ph": "C", "name": "rate", "pid": 1, "tid": 0, "ts": 4, "args": {"read": 0.5, "write": "7"}}
    trace = read(tmp_path, rate, rate | {"cat": "gpu"})
    assert (len(trace.counters), trace.source.dropped, trace.source.losses) == (0, {"counters": 2}, {})


@pytest.mark.parametrize("beside", [{}, {"unit": "MHz"}, {"value": 1.5}, {"value": None}, {"value": 2**63}, [], "x", 3])
def test_a_damaged_value_costs_no_other(tmp_path, beside):
    trace = read(tmp_path, VALUE | {"gpu_trace": beside}, VALUE | {"gpu_trace": BESIDE})
    assert trace.counters.value.tolist() == [1980]
    assert trace.source.losses == {"damaged values of counters": 1}


def test_a_value_without_a_time_is_counted(tmp_path):
    trace = read(tmp_path, VALUE | {"gpu_trace": BESIDE, "ts": "soon"}, memory(None, 4, 20))
    assert (len(trace.counters), trace.source.losses) == (0, {"no readable ts": 2})


def test_a_value_of_a_device_that_several_processes_call_so_is_of_none(tmp_path):
    launches = [
        {
            "ph": "X",
            "cat": "cuda_runtime",
            "name": "l",
            "pid": p,
            "tid": p,
            "ts": p,
            "dur": 1,
            "args": {"correlation": p},
        }
        for p in (77, 88)
    ]
    kernels = [KERNEL | {"ts": p + 2, "dur": 1, "args": {"device": 0, "stream": 7, "correlation": p}} for p in (77, 88)]
    trace = read(tmp_path, *launches, *kernels, VALUE | {"gpu_trace": BESIDE}, memory(80, 4, 4, device=-1, kind=0))
    assert [trace.text(name) for name in trace.counters.name] == ["memory allocated"]
    assert trace.source.losses["values of counters of no known device"] == 1
