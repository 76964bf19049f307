"""What the reports say of memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.model import Device
from gpu_trace_analyzers.reports.document import to_document
from gpu_trace_analyzers.reports.text import to_text
from gpu_trace_analyzers.reports.tidy import to_csv
from literal import literal

GPU = "s7 k 0-100; counter memory_allocated 10-90 12_000_000 bytes gpu0 t1; range forward 5-95; "
GPU += "counter memory_reserved 10-90 20_000_000 bytes gpu0 t1"


def summary(text):
    return Analysis(replace(literal(text), devices=(Device("gpu", 0, "NVIDIA H200", memory=120_000_000),))).summary


def table(text):
    lines = to_text(summary(text), width=200).splitlines()
    begin = next((place for place, line in enumerate(lines) if line.startswith("memory")), len(lines))
    return [line.split() for line in lines[begin : begin + 2]]


def test_a_line_has_the_peak_and_what_it_lies_in():
    titles, row = table(GPU)
    assert " ".join(titles) == "memory peak of device reserved unused range"
    assert " ".join(row) == "GPU 0 12.0 MB 10.0 % 20.0 MB 8.00 MB forward"


def test_the_host_has_no_reserve():
    titles, row = table("s7 k 0-9; counter memory_allocated 1-2 16000000 bytes t1")
    assert (" ".join(titles), " ".join(row)) == ("memory peak", "host memory 16.0 MB")


@pytest.mark.parametrize(("allocated", "shown"), [(999_999, False), (1_000_000, True)])
def test_little_memory_of_the_host_is_not_shown_beside_a_gpu(allocated, shown):
    text = to_text(summary(f"{GPU}; counter memory_allocated 10-90 {allocated} bytes t1"), width=200)
    assert ("host memory" in text) == shown


def test_memory_that_was_not_recorded_is_not_shown():
    assert table("s7 k 0-9") == []
    assert to_document(summary("s7 k 0-9"))["memory"] == []


def test_programs_read_the_same():
    (row,) = to_document(summary(GPU))["memory"]
    assert row == {
        "device": 0,
        "label": "GPU 0 (NVIDIA H200)",
        "pid": 100,
        "rank": None,
        "allocated_bytes": 12_000_000,
        "peak_ns": 10,
        "reserved_bytes": 20_000_000,
        "unused_bytes": 8_000_000,
        "most_reserved_bytes": 20_000_000,
        "device_bytes": 120_000_000,
        "share": 0.1,
        "operator": None,
        "ranges": ["forward"],
    }
    assert to_csv(summary(GPU))["memory.csv"].splitlines()[1].endswith(",forward")


def test_the_host_and_what_is_not_known_are_null():
    (row,) = to_document(summary("s7 k 0-9; counter memory_allocated 1-2 16 bytes t1"))["memory"]
    nulls = [name for name, value in row.items() if value is None]
    assert nulls == [
        "device",
        "rank",
        "reserved_bytes",
        "unused_bytes",
        "most_reserved_bytes",
        "device_bytes",
        "share",
        "operator",
    ]
