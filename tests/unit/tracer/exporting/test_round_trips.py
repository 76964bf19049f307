"""Whatever a trace was read from: its exports, read again, say the same of every device."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from gpu_trace.exporting.chrome import export_chrome
from gpu_trace.exporting.perfetto import export_perfetto
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.limits import Limits, Outcome, UpperLimit, check
from gpu_trace_analyzers.model import MISSING, Device, Doubt, Memory
from gpu_trace_analyzers.questions.ranges import range_figures
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.readers import load
from literal import literal
from small_traces import JSON, NSYS_TABLES, write_nsys

RECORDED = ("mxnet_one_worker", "mxnet_two_workers", "peer_same_stream")
WRITERS = [(export_perfetto, "pftrace"), (export_chrome, "json")]
# Stamps of whole microseconds make operations of no length, which are set aside in files that have nanoseconds.
PRECISE = sorted(JSON.keys() - {"kineto 2021"})


def engines(trace):
    """Figures that follow from which engine was busy when."""
    for row in Analysis(trace).summary.devices:
        yield row.device.label, row.span_ns, row.overlap_ns, row.exposed_copy_ns, row.exposed_collective_ns
        yield from ((engine, found.busy_ns, found.count) for engine, found in sorted(row.engines.items()))


def ranges(trace):
    """Each range with its figures, by which thread, or all of them, it belongs to."""
    for row in range_figures(Scope(trace)):
        yield row.name, row.domain, row.count, row.depth, row.operations, row.compute_ns, row.copy_ns
    yield from sorted(
        zip(trace.ranges.thread.tolist(), (trace.ranges.end_ns - trace.ranges.start_ns).tolist(), strict=True)
    )


def threads(trace):
    return [sorted(set(trace.work_of(position).stream.tolist())) for position in range(len(trace.devices))]


def assert_the_same(path, write, form, folder):
    trace = load(path, operators=True)
    write(Analysis(trace), folder / f"again.{form}")
    again = load(folder / f"again.{form}")
    assert len(trace.work) > 0
    assert list(engines(again)) == list(engines(trace))
    assert threads(again) == threads(trace)
    assert list(ranges(again)) == list(ranges(trace))


@pytest.mark.parametrize(("write", "form"), WRITERS, ids=["pftrace", "json"])
@pytest.mark.parametrize("name", PRECISE)
def test_every_format(name, write, form, tmp_path):
    (tmp_path / "trace.json").write_text(JSON[name])
    assert_the_same(tmp_path / "trace.json", write, form, tmp_path)


@pytest.mark.parametrize(("write", "form"), WRITERS, ids=["pftrace", "json"])
def test_nsys(write, form, tmp_path):
    assert_the_same(write_nsys(tmp_path / "report.sqlite", NSYS_TABLES), write, form, tmp_path)


UNDIRECTED = [
    {"ph": "X", "cat": "gpu_memcpy", "name": name, "pid": 0, "tid": 7, "ts": ts, "dur": 5, "args": {"bytes": 4096}}
    for ts, name in ((10, "Memcpy Weird"), (20, "Memcpy HtoH (Pinned -> Managed Static)"))
]
UNDIRECTED.append({"ph": "X", "cat": "kernel", "name": "k", "pid": 0, "tid": 7, "ts": 30, "dur": 5, "args": {}})


@pytest.mark.parametrize(("write", "form"), WRITERS, ids=["pftrace", "json"])
def test_copies_of_unknown_direction_stay_copies(write, form, tmp_path):
    (tmp_path / "trace.json").write_text(json.dumps({"schemaVersion": 1, "traceEvents": UNDIRECTED}))
    assert_the_same(tmp_path / "trace.json", write, form, tmp_path)
    again = load(tmp_path / f"again.{form}").work
    assert again.undirected.tolist() == [True, True, False]
    assert again.size.tolist() == [4096, 4096, -1]
    assert again.source.tolist() == [Memory.UNKNOWN, Memory.PINNED, -1]
    assert again.target.tolist() == [Memory.UNKNOWN, Memory.MANAGED, -1]


@pytest.mark.parametrize(("write", "form"), WRITERS, ids=["pftrace", "json"])
@pytest.mark.parametrize("name", RECORDED)
def test_recorded(name, write, form, recorded, tmp_path):
    assert_the_same(recorded(name), write, form, tmp_path)


@pytest.mark.parametrize(("write", "form"), WRITERS, ids=["pftrace", "json"])
def test_collectives_keep_their_group_bytes_and_number(write, form, tmp_path):
    trace = literal("nccl 0-10 group=g size=4096 seq=7; nccl 20-30; k 5-9; h2d 11-12 size=3")
    write(Analysis(trace), tmp_path / f"again.{form}")
    again = load(tmp_path / f"again.{form}")
    for table in (trace, again):
        rows = sorted(
            zip(table.work.start_ns.tolist(), table.work.size.tolist(), table.work.sequence.tolist(), strict=True)
        )
        assert [row[1:] for row in rows] == [(4096, 7), (MISSING, MISSING), (3, MISSING), (MISSING, MISSING)]
        assert table.text(int(table.work.group[0])) == "g"


def test_bytes_of_collectives_have_no_rate(tmp_path):
    [device] = Analysis(literal("nccl 0-10 size=4096; h2d 0-10 size=20")).summary.devices
    rates = {engine.key: (found.size, found.gb_per_s) for engine, found in device.engines.items()}
    assert (rates["collective"], rates["copy_h2d"]) == ((4096, None), (20, 2.0))


DOUBTED = (Doubt(0, "begins before its launch", 3), Doubt(0, 'lasts <beyond> the "end" of its stream', 1))
IN_DOUBT = {
    "one device": (("rank",), DOUBTED),
    "one of two": (("rank", "rank"), (*DOUBTED, Doubt(1, "begins before its launch", 1 << 40))),
    "all work of one set aside": (("rank", "rank", "rank"), (Doubt(2, "hours from the calls of its process", 7),)),
    "of equal numbers": (("process 1", "process 2"), (Doubt(1, "begins before its launch", 2),)),
}


@pytest.mark.parametrize(("write", "form"), WRITERS, ids=["pftrace", "json"])
@pytest.mark.parametrize("case", IN_DOUBT)
def test_why_figures_are_in_doubt_comes_back(case, write, form, tmp_path):
    """Also of a device without any work left, and the limits on it are inconclusive as before."""
    owners, doubts = IN_DOUBT[case]
    shared = len(set(owners)) > 1
    trace = literal("gpu0 k 10-20; gpu1 k 30-50" if len(owners) > 1 else "k 10-20; k 30-50")
    devices = tuple(
        Device("gpu", 0 if shared else n, "H", owner=name if shared else "") for n, name in enumerate(owners)
    )
    trace = replace(trace, devices=devices, source=replace(trace.source, doubts=doubts))
    write(Analysis(trace), tmp_path / f"again.{form}")
    again = load(tmp_path / f"again.{form}")
    found = {(again.devices[doubt.device].label, doubt.reason, doubt.operations) for doubt in again.source.doubts}
    assert found == {(devices[doubt.device].label, doubt.reason, doubt.operations) for doubt in doubts}
    assert len(again.source.doubts) == len(doubts)
    limits = Limits(max_idle=UpperLimit(share=1.0))
    outcomes = [
        [(row.subject, row.outcome) for row in check(Analysis(each).summary, limits)] for each in (trace, again)
    ]
    assert outcomes[1] == outcomes[0]
    assert Outcome.INCONCLUSIVE in {outcome for _, outcome in outcomes[1]}


@pytest.mark.parametrize(("write", "form"), WRITERS, ids=["pftrace", "json"])
def test_clocks_in_doubt_are_told_once(write, form, tmp_path):
    """The rows are kept as they are, so that a reader of the export finds the same by itself."""
    calls = [
        {"cat": "cuda_runtime", "name": "cudaLaunchKernel", "pid": 1, "tid": 1, "ts": 1000 + at} for at in range(9)
    ]
    work = [{"cat": "kernel", "name": "k", "pid": 0, "tid": 7, "ts": 100 + at} for at in range(9)]
    for n, (call, row) in enumerate(zip(calls, work, strict=True)):
        call |= {"ph": "X", "dur": 1, "args": {"correlation": n + 1}}
        row |= {"ph": "X", "dur": 1, "args": {"correlation": n + 1, "device": 0, "stream": 7}}
    (tmp_path / "trace.json").write_text(json.dumps({"schemaVersion": 1, "traceEvents": calls + work}))
    trace = load(tmp_path / "trace.json")
    write(Analysis(trace), tmp_path / f"again.{form}")
    assert len(trace.source.doubts) == 1
    assert load(tmp_path / f"again.{form}").source.doubts == trace.source.doubts
