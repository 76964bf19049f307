"""Rows that no reader understands are told for what they are, and never lead to a verdict about something else."""

from __future__ import annotations

import json

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.errors import FormatUnsupported
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.readers.base.tracefile import TraceFile
from gpu_trace_analyzers.readers.unsupported import is_unsupported
from gpu_trace_analyzers.reports.sections.notes import reading_notes
from gpu_trace_analyzers.reports.sections.source import nothing_recorded
from small_traces import JSON, NSYS_TABLES, write_nsys


def span(name, pid=1, **more):
    return {"ph": "X", "name": name, "pid": pid, "tid": 1, "ts": 10, "dur": 5, "args": {}, **more}


def process(pid, name):
    return {"ph": "M", "pid": pid, "name": "process_name", "args": {"name": name}}


def call(name, correlation):
    return span(name, cat="cuda_runtime", args={"correlation": correlation})


NPU = [process(2, "Ascend Hardware"), span("MatMulV2", pid=2), span("MEMCPY_ASYNC", pid=2), span("ProfilerStep#3")]
OPERATORS = [span("aten::mm", cat="cpu_op"), span("aten::copy_", cat="cpu_op", ts=20)]
MTIA = [*OPERATORS, span("kernel", cat="mtia_ccp_events")]
NCCL = [span("AllReduce", cat="COLL", ph=phase, id=1) for phase in "be"]
OTHERS = [*OPERATORS, *(span("x", cat="scope") for _ in range(3))]


@pytest.fixture
def summary(tmp_path):
    def summary(events):
        path = tmp_path / "trace.json"
        path.write_text(json.dumps({"schemaVersion": 1, "traceEvents": events}))
        trace = load(path)
        trace.check()
        return Analysis(trace).summary

    return summary


@pytest.mark.parametrize(
    ("events", "told"),
    [
        (NPU, "2 × rows without a category, of process Ascend Hardware, 1 × rows without a category, of process 1"),
        (MTIA, "1 × rows of MTIA, a device that is not read"),
        (NCCL, "1 × events of phase 'b', category 'coll', 1 × events of phase 'e', category 'coll'"),
        (OTHERS, "3 × rows of unknown category 'scope'"),
    ],
    ids=["no category", "MTIA", "NCCL's profiler plugin", "another writer"],
)
def test_what_is_not_used_is_named_and_no_other_device_is_judged(summary, events, told):
    found = summary(events)
    assert found.devices == ()
    assert reading_notes(found) == [f"not used: {told}"]
    assert "has no device activity that gpu-trace can read" in nothing_recorded(found)
    assert "gpu-trace open" in nothing_recorded(found)


@pytest.mark.parametrize(
    "name", ["cudaLaunchKernel", "cuLaunchKernelEx", "hipExtModuleLaunchKernel", "cudaGraphLaunch"]
)
def test_a_program_that_launched_gpu_work_gets_no_verdict_about_its_cpu(summary, name):
    found = summary([*OPERATORS, call(name, 1)])
    assert found.devices == ()
    assert reading_notes(found) == []
    assert "although 1 kernel was launched; the GPU rows are missing" in nothing_recorded(found)


def test_the_host_of_a_tpu_is_not_judged_in_its_place(tmp_path):
    path = tmp_path / "tpu.json"
    path.write_text(JSON["xla"].replace("/device:GPU:0 (NVIDIA H100)", "/device:TPU:0"))
    found = Analysis(load(path)).summary
    assert found.devices == ()
    assert reading_notes(found) == ["not used: 8 × rows of /device:TPU:0, a device that is not read"]
    assert "8 rows were not used" in nothing_recorded(found)


def test_a_few_rows_of_another_writer_leave_the_cpu_its_figures(summary):
    found = summary([*OPERATORS, span("x", cat="scope"), call("cudaGetDeviceCount", 1)])
    assert [figures.device.label for figures in found.devices] == ["CPU 0"]


def test_an_empty_trace_is_asked_whether_the_profiler_ran(summary):
    assert "Check that the profiler was running" in nothing_recorded(summary([process(1, "python")]))


def test_of_many_reasons_the_commonest_are_told(summary):
    found = summary([span("x", cat=f"kind {n}") for n in range(9) for _ in range(n + 1)])
    (note,) = reading_notes(found)
    assert note.startswith("not used: 9 × rows of unknown category 'kind 8', 8 × ")
    assert note.endswith(", 6 for 3 other reasons (gpu-trace info lists them)")


DIAGNOSTICS = {
    "ENUM_DIAGNOSTIC_SEVERITY_LEVEL": ("id INTEGER, name TEXT", [(1, "Information"), (3, "Error")]),
    "DIAGNOSTIC_EVENT": (
        "timestamp INTEGER, severity INTEGER, text TEXT",
        [(1, 1, "Profiling has started."), (2, 3, "CUDA tracing failed:\n no permission."), (3, 3, "Not all")],
    ),
}
KERNELS = "CUPTI_ACTIVITY_KIND_KERNEL"


def test_nsight_says_why_an_export_is_empty(tmp_path):
    trace = load(write_nsys(tmp_path / "empty.sqlite", DIAGNOSTICS))
    said = ("CUDA tracing failed: no permission.", "Not all")
    assert trace.source.damage == tuple(f"Nsight Systems reports: {text}" for text in said)
    tables = DIAGNOSTICS | {name: NSYS_TABLES[name] for name in ("StringIds", KERNELS)}
    assert load(write_nsys(tmp_path / "whole.sqlite", tables)).source.damage == ()


def test_a_rocpd_database_is_named(tmp_path):
    path = write_nsys(tmp_path / "results.db", {"rocpd_kernel_dispatch_0001": ("id INTEGER", [(1,)])})
    with pytest.raises(FormatUnsupported, match="is a rocpd database of ROCm's profilers; record with"):
        load(path)


@pytest.mark.parametrize(("names", "name"), [(["MI300X"], "MI300X"), (["MI300X"] * 2, "MI300X"), (["A", "B"], "")])
def test_a_device_with_another_number_has_the_name_that_all_have(tmp_path, names, name):
    kernel = span("k", cat="kernel", args={"device": 9, "stream": 0})
    properties = [{"id": number, "name": each} for number, each in enumerate(names)]
    path = tmp_path / "trace.json"
    path.write_text(json.dumps({"schemaVersion": 1, "deviceProperties": properties, "traceEvents": [kernel]}))
    assert [device.name for device in load(path).devices] == [name]


OURS = b"\n\x04\x50\x01\x68\x01"


@pytest.mark.parametrize(
    ("name", "head", "refused"),
    [
        ("a.xplane.pb", b"\n\x05other", True),
        ("a.pb", b"\n\x20\x08\x01/host:CPU", True),
        ("a.pb", b"\x08\x01/host:CPU", False),
        ("a.pftrace", OURS + b"/device:GPU:0 of a kernel's name", False),
        ("a.xplane.pb", OURS, False),
        ("a.xplane.pb", b'{"traceEvents": []}', False),
        ("a.xplane.pb", b' [{"ph": "X"}]', False),
    ],
)
def test_what_is_taken_for_an_xplane(tmp_path, name, head, refused):
    path = tmp_path / name
    path.write_bytes(head)
    assert is_unsupported(TraceFile(path)) == refused
