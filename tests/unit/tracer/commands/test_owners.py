"""Devices that only their processes tell apart have different names in every output."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from gpu_trace.exporting.chrome import export_chrome
from gpu_trace.exporting.perfetto import export_perfetto
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.comparison import compare
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.readers.base.merging import merge
from gpu_trace_analyzers.reports.changes import to_text as diff_text
from gpu_trace_analyzers.reports.document import to_document
from gpu_trace_analyzers.reports.html import to_html
from gpu_trace_analyzers.reports.markdown import to_markdown
from gpu_trace_analyzers.reports.text import to_text
from gpu_trace_analyzers.reports.tidy import to_csv
from literal import literal

OWNERS = ["process 11", "process 12"]


def spawned(first_pid=11):
    """What two processes that a script spawned did on their CPUs."""
    work = ("range step 0-50; s1 k 0-10; s1 d2d 10-15", "range step 0-60; s1 k 0-20; s1 d2d 20-30")
    traces = [literal(text, "cpu") for text in work]
    names = [f"trace-process-{first_pid + number}.json.gz" for number in range(2)]
    return merge("run", [replace(t, source=replace(t.source, path=n)) for t, n in zip(traces, names, strict=True)])


def test_devices_are_called_after_their_processes():
    assert [device.owner for device in spawned().devices] == OWNERS


@pytest.mark.parametrize("report", [to_text, to_markdown])
def test_every_table_tells_them_apart(report):
    text = report(Analysis(spawned()).summary)
    for owner in OWNERS:
        assert f"{owner} · CPU 0" in text
        assert any("step" in line and f"{owner} CPU 0" in line for line in text.splitlines())


def test_the_document_and_its_tables_have_their_owners():
    summary = Analysis(spawned()).summary
    assert [device["owner"] for device in to_document(summary)["devices"]] == OWNERS
    for name in ("devices.csv", "ranges.csv", "engines.csv", "exposed.csv"):
        assert all(owner in to_csv(summary)[name] for owner in OWNERS), name


def test_the_page_and_both_exports_have_their_owners(tmp_path):
    trace = spawned()
    analysis = Analysis(trace)
    page = to_html(analysis, analysis.summary)
    assert all(f"{owner} · CPU 0" in page for owner in OWNERS)
    export_chrome(Analysis(trace), tmp_path / "a.json")
    export_perfetto(Analysis(trace), tmp_path / "a.pftrace")
    processes = {
        e["args"]["name"]
        for e in json.loads((tmp_path / "a.json").read_text())["traceEvents"]
        if e["ph"] == "M" and e["name"] == "process_name"
    }
    assert {f"{owner} · CPU 0" for owner in OWNERS} <= processes
    for name in ("a.json", "a.pftrace"):
        assert [device.owner for device in load(tmp_path / name).devices] == OWNERS, name


def test_a_comparison_has_each_of_them_whatever_their_process_ids_are():
    found = compare([Analysis(spawned()).summary], [Analysis(spawned(first_pid=31)).summary])
    assert [row.in_before and row.in_after for row in found.devices] == [True, True]
    compute = [{(c.before, c.after) for c in row.changes if c.figure == "compute_ns"} for row in found.devices]
    assert compute == [{(10, 10)}, {(20, 20)}]
    assert len(found.ranges) == 2
    assert "process 31 · CPU 0" in diff_text(found, 100)
