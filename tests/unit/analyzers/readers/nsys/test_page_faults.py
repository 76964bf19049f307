"""Page faults of unified memory, in tables as Nsight's own report ``um_sum`` asks them."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.questions.page_faults import page_faults
from gpu_trace_analyzers.questions.scope import Scope, Window
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.reports.document import to_document
from gpu_trace_analyzers.reports.text import to_text
from small_traces import write_nsys

KERNEL = (
    "start INTEGER, end INTEGER, deviceId INTEGER, streamId INTEGER, globalPid INTEGER",
    [(10, 900, 0, 7, 5 << 24)],
)
GPU = "start INTEGER, end INTEGER, globalPid INTEGER, deviceId INTEGER, address INTEGER, numberOfPageFaults INTEGER"
CPU = "start INTEGER, globalPid INTEGER, address INTEGER"
ROWS = [(300, 310, 5 << 24, 0, 4096, 7), (100, 110, 5 << 24, 0, 8192, 3), (200, 210, 5 << 24, 1, 4096, 11)]


def read(folder, gpu=(), cpu=(), of_gpu=GPU):
    tables = {"CUPTI_ACTIVITY_KIND_KERNEL": KERNEL}
    tables |= {"CUDA_UM_GPU_PAGE_FAULT_EVENTS": (of_gpu, list(gpu))} if gpu else {}
    tables |= {"CUDA_UM_CPU_PAGE_FAULT_EVENTS": (CPU, list(cpu))} if cpu else {}
    trace = load(write_nsys(folder / "report.sqlite", tables))
    trace.check()
    return trace


def test_each_gpu_counts_its_faults(tmp_path):
    trace = read(tmp_path, ROWS)
    counters = trace.counters
    assert [trace.text(name) for name in counters.name] == ["GPU page faults"] * 3
    assert (counters.start_ns.tolist(), counters.value.tolist()) == ([100, 200, 300], [3, 11, 10])
    assert (counters.device.tolist(), counters.end_ns.tolist()) == ([0, 1, 0], [300, 900, 900])
    assert [(row.label, row.pid, row.faults) for row in page_faults(Scope(trace))] == [
        ("GPU 0", 5, 10),
        ("GPU 1", 5, 11),
    ]
    assert trace.source.dropped == {}


def test_a_row_of_a_host_is_one_fault(tmp_path):
    trace = read(tmp_path, cpu=[(100, 5 << 24, 4096), (150, 6 << 24, 4096), (200, 5 << 24, 4096)])
    assert [(row.device, row.pid, row.faults) for row in page_faults(Scope(trace))] == [
        (MISSING, 5, 2),
        (MISSING, 6, 1),
    ]


def test_rows_that_say_no_number_are_one_fault_each(tmp_path):
    trace = read(tmp_path, [row[:5] for row in ROWS], of_gpu=GPU.removesuffix(", numberOfPageFaults INTEGER"))
    assert [row.faults for row in page_faults(Scope(trace))] == [2, 1]


@pytest.mark.parametrize(
    ("window", "faults"), [((0, 100), []), ((0, 101), [3]), ((101, 301), [7, 11]), ((301, 900), [])]
)
def test_a_window_has_the_faults_that_begin_in_it(tmp_path, window, faults):
    assert [row.faults for row in page_faults(Scope(read(tmp_path, ROWS), window=Window(*window)))] == faults


def test_a_fault_without_a_time_is_counted(tmp_path):
    trace = read(tmp_path, [(None, *ROWS[0][1:]), ROWS[1]])
    assert (trace.counters.value.tolist(), trace.source.losses) == ([3], {"no start": 1})


def test_reports_say_how_many(tmp_path):
    summary = Analysis(read(tmp_path, ROWS, cpu=[(100, 5 << 24, 4096)])).summary
    line = "page faults of unified memory: 10 on GPU 0, 11 on GPU 1, 1 on the host"
    assert line in to_text(summary, width=200).splitlines()
    rows = [
        {"device": 0, "label": "GPU 0", "pid": 5, "faults": 10},
        {"device": None, "label": "GPU 1", "pid": 5, "faults": 11},
    ]
    assert to_document(summary)["page_faults"] == [*rows, {"device": None, "label": "", "pid": 5, "faults": 1}]


def test_without_faults_nothing_is_said(tmp_path):
    assert "page faults" not in to_text(Analysis(read(tmp_path)).summary)
