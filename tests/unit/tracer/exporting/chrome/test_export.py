from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from decimal import Decimal

import pytest
from hypothesis import given

from gpu_trace.exporting.chrome import chrome_events, export_chrome
from gpu_trace.exporting.chrome.one_file import with_own_correlations
from gpu_trace.exporting.timeline.added import Added
from gpu_trace.exporting.timeline.findings import Finding
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.model import (
    MISSING,
    Device,
    DeviceWork,
    Engine,
    HostCalls,
    Process,
    RangeKind,
    Ranges,
    Role,
    Source,
    SyncKind,
    Syncs,
    Trace,
)
from gpu_trace_analyzers.questions.launches import launches
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.readers.base.merging import merge
from gpu_trace_analyzers.readers.folders.files import with_rank
from literal import literal
from strategies import traces

RECORDED = ("two_streams", "seed_nonblocking", "peer_same_stream", "mlp_overlap", "ddp_rank0")


def exported(trace, path, findings=None):
    export_chrome(Analysis(trace), path, findings)
    return json.loads(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())


def rows_of(trace, table):
    """Rows with times from the first of the whole trace."""
    tables = (trace.work, trace.calls, trace.operators, trace.ranges, trace.syncs, trace.overheads)
    origin = min((int(t.start_ns[0]) for t in tables if len(t)), default=0)
    columns = [table.start_ns - origin, table.end_ns - origin]
    coded = table.columns_of(Role.TEXT)
    columns += [getattr(table, n) for n in table.columns() if n not in ("start_ns", "end_ns", *coded)]
    texts = [[trace.text(code) for code in getattr(table, n)] for n in coded]
    return Counter(zip(*(column.tolist() for column in columns), *texts, strict=True))


@pytest.mark.parametrize("name", RECORDED)
def test_reading_the_export_gives_the_same_trace(name, recorded, tmp_path):
    trace = load(recorded(name), operators=True)
    export_chrome(Analysis(trace), tmp_path / "again.json.gz")
    again = load(tmp_path / "again.json.gz", operators=True)
    for table in ("work", "calls", "operators", "overheads", "syncs", "ranges"):
        assert rows_of(again, getattr(again, table)) == rows_of(trace, getattr(trace, table)), table
    assert Analysis(again).summary.ranges == Analysis(trace).summary.ranges
    assert [device.label for device in again.devices] == [device.label for device in trace.devices]
    assert again.source.dropped.keys() <= {"lanes and notes drawn by gpu-trace", "flow arrows", "counters"}
    origin = trace.epoch_ns + int(trace.work.start_ns[0])
    assert again.epoch_ns + int(again.work.start_ns[0]) == origin


def ns(text):
    return int(Decimal(text) * 1000)


def slices_by_row(events):
    rows = defaultdict(list)
    for event in events:
        if event["ph"] == "X":
            start = ns(event["ts"])
            rows[event["pid"], event["tid"]].append((start, start + ns(event["dur"])))
    return rows


def nest_in_order(rows):
    """What a viewer does: keep a stack; a slice that leaves its parent half way is lost."""
    stack = []
    for start, end in sorted(rows, key=lambda row: row[0]):
        while stack and stack[-1] <= start:
            stack.pop()
        if stack and end > stack[-1]:
            return False
        stack.append(end)
    return True


@pytest.mark.parametrize(("copies", "lengths"), [(None, [10]), ([Engine.COPY_D2D], [5])])
def test_the_lane_of_exposed_copies_keeps_to_what_counts_as_copying(copies, lengths, tmp_path):
    trace = literal("s7 k 0-1000; s8 d2h 2000-12000; s9 d2d 20000-25000; s7 k 30000-31000")
    export_chrome(Analysis(trace, copies), tmp_path / "t.json", [])
    events = json.loads((tmp_path / "t.json").read_text())["traceEvents"]
    assert [event["dur"] for event in events if event.get("name") == "exposed copy" and event["ph"] == "X"] == lengths


@given(traces())
def test_every_viewer_can_read_it(trace):
    notes = [Finding(0, 3, 9, 'a "note"', "why"), Finding(0, 5, 20, "b", "")]
    text = ",".join(chrome_events(Scope(trace), Added.to(Analysis(trace), notes, 0)))
    events = json.loads(f"[{text}]", parse_float=str)
    assert all(0 <= event["pid"] < 2**31 and 0 <= event["tid"] < 2**31 for event in events)
    assert all(nest_in_order(rows) for rows in slices_by_row(events).values())
    named = Counter((e["pid"], e["tid"]) for e in events if e["name"] == "thread_name")
    assert set(named) >= slices_by_row(events).keys()
    assert max(named.values(), default=0) <= 1
    pids = {e["pid"] for e in events if e["name"] == "process_name"}
    assert len(pids) == len(set(trace.work.device.tolist())) + len(trace.processes)


@given(traces())
def test_arrows_begin_in_the_call_and_end_in_the_work(trace):
    events = [json.loads(text, parse_float=str) for text in chrome_events(Scope(trace), Added())]
    ends = {phase: {e["id"]: e for e in events if e["ph"] == phase} for phase in "sf"}
    call = launches(trace).call
    wanted = {
        int(row) + 1: (int(trace.calls.start_ns[call[row]]), int(trace.work.start_ns[row]))
        for row in range(len(trace.work))
        if call[row] != MISSING and trace.calls.start_ns[call[row]] <= trace.work.start_ns[row]
    }
    assert ends["s"].keys() == ends["f"].keys() == wanted.keys()
    rows = slices_by_row(events)
    for number, (begins, arrives) in wanted.items():
        for end, at in ((ends["s"][number], begins), (ends["f"][number], arrives)):
            assert ns(end["ts"]) == at
            assert any(start == at for start, _ in rows[end["pid"], end["tid"]])


def test_odd_ids_and_names_become_harmless(tmp_path):
    strings = ('quo"te\\ \x01 \ud800', "[1, 2, 3]")
    processes = (Process(-5), Process(2**40), Process(7, rank=3, world_size=8), Process(7))
    rows = {"start_ns": [0] * 4, "end_ns": [5] * 4, "name": [0] * 4, "kind": [RangeKind.NVTX] * 4}
    rows |= {"process": [0, 1, 2, 3], "thread": [-(2**62), 2**62, 7, 7]}
    work = DeviceWork.of(
        {"start_ns": [1], "end_ns": [2], "name": [0], "engine": [0], "device": [0], "stream": [0], "process": [0]}
    )
    trace = Trace(Source("", "kineto"), strings, (Device("gpu", 0),), processes, work, ranges=Ranges.of(rows))
    events = exported(trace, tmp_path / "odd.json")["traceEvents"]
    assert len({e["pid"] for e in events if e["name"] == "process_name"}) == 5
    places = [(e["pid"], e["tid"]) for e in events if e.get("cat") == "nvtx"]
    assert len(set(places)) == 4
    assert all(0 < pid < 2**31 and 0 < tid < 2**31 for pid, tid in places)
    assert {e["name"] for e in events if e.get("cat") == "nvtx"} == {'quo"te\\ \x01 ?'}


def test_an_empty_trace_is_a_valid_file(tmp_path):
    document = exported(Trace(Source("", "kineto")), tmp_path / "empty.json")
    assert [e["ph"] for e in document["traceEvents"] if e["ph"] != "M"] == []


def launched_work(trace):
    """Every operation with its device's position, and the start and name of its launch; times from the first."""
    call, work, calls = launches(trace).call, trace.work, trace.calls
    assert (call != MISSING).all()
    origin = int(calls.start_ns[0])
    columns = (work.start_ns - origin, work.end_ns - origin, work.device, work.size, calls.start_ns[call] - origin)
    names = [(trace.text(a), trace.text(b)) for a, b in zip(work.name, calls.name[call], strict=True)]
    return Counter(zip(*(column.tolist() for column in columns), names, strict=True))


def test_ranks_that_share_ids_stay_apart(recorded, tmp_path):
    both = enumerate(("two_streams", "seed_blocking"))  # both of GPU 0, process 443
    trace = merge("ranks", [with_rank(load(recorded(name)), rank) for rank, name in both])
    document = exported(trace, tmp_path / "all.json")
    assert "distributedInfo" not in document
    labels = {event["args"]["name"] for event in document["traceEvents"] if event["name"] == "process_name"}
    assert {device.label for device in trace.devices} <= labels
    again = load(tmp_path / "all.json")
    assert launched_work(again) == launched_work(trace)
    assert [row.copy_ns for row in Analysis(again).summary.ranges] == [
        row.copy_ns for row in Analysis(trace).summary.ranges
    ]


def test_ids_that_two_processes_share_are_numbered_anew_also_where_they_are_waited_for():
    processes = tuple(Process(pid, "", {}) for pid in (1, 2))
    of_each = {"start_ns": [0, 1], "end_ns": [1, 2], "process": [0, 1]}
    calls = HostCalls.of({**of_each, "name": [0, 0], "thread": [1, 1], "correlation": [7, 7]})
    kind = [SyncKind.STREAM_WAIT] * 2
    syncs = Syncs.of({**of_each, "kind": kind, "device": [0, 0], "correlation": [8, 8], "awaited_correlation": [7, 7]})
    trace = Trace(
        Source("t", "kineto", 1), ("cudaEventRecord",), (Device("gpu", 0),), processes, calls=calls, syncs=syncs
    )
    found = with_own_correlations(trace)
    assert found.syncs.awaited_correlation.tolist() == found.calls.correlation.tolist()
    assert len({*found.calls.correlation.tolist(), *found.syncs.correlation.tolist()}) == 4
