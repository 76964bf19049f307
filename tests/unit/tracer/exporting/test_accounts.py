"""Both exports say of each nanosecond of the window who had the device, and readers do not take that for work."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given

from gpu_trace.exporting.chrome import chrome_events, export_chrome
from gpu_trace.exporting.perfetto import export_perfetto
from gpu_trace.exporting.timeline.added import Added
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.vocabulary.perfetto import ACCOUNT, title_of
from literal import literal
from perfetto_decoding import decode
from strategies import traces

RECORDED = ("two_streams", "seed_blocking", "mlp_overlap", "ddp_rank0", "mxnet_two_workers")


def wanted(analysis):
    """The account of each device, by its label: of each name, loss and cause the total and the number of stretches."""
    found = {}
    for account in analysis.account.devices:
        rows = {("compute", None, None): (account.compute_ns, None)} if account.compute_ns else {}
        rows |= {(loss.title, loss.id, loss.cause): (loss.ns, loss.count) for loss in account.losses}
        found[analysis.trace.devices[account.device].label] = rows
    return found


def summed(slices):
    """The same of ``(label, name, args, start_ns, end_ns)``; they must not overlap."""
    ns, count, ends = Counter(), Counter(), Counter()
    for label, name, args, start_ns, end_ns in sorted(slices, key=lambda row: row[3]):
        assert ends[label] <= start_ns < end_ns
        ends[label] = end_ns
        key = label, (name.partition(": ")[2] or name, args.get("loss"), args.get("cause"))
        ns[key] += end_ns - start_ns
        count[key] += 1
    found = {}
    for (label, key), total in ns.items():
        found.setdefault(label, {})[key] = (total, None if key[0] == "compute" else count[label, key])
    return found


def in_perfetto(path):
    for row in decode(path).slices:
        if row.args["category"] == "account":
            assert title_of(row.track[-1]) == ACCOUNT
            yield row.track[0], row.name, row.args, row.start_ns, row.end_ns


def in_chrome(events):
    names = {event["pid"]: event["args"]["name"] for event in events if event["name"] == "process_name"}
    tracks = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    for event in events:
        if event["ph"] == "X" and tracks[event["pid"], event["tid"]] == ACCOUNT:
            start_ns, dur_ns = (int(Decimal(event[key]) * 1000) for key in ("ts", "dur"))
            yield names[event["pid"]], event["name"], event.get("args", {}), start_ns, start_ns + dur_ns


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_trace(name, recorded, tmp_path):
    analysis = Analysis(load(recorded(name)))
    export_perfetto(analysis, tmp_path / "out.pftrace")
    export_chrome(analysis, tmp_path / "out.json")
    events = json.loads((tmp_path / "out.json").read_text(), parse_float=str)["traceEvents"]
    assert summed(in_perfetto(tmp_path / "out.pftrace")) == summed(in_chrome(events)) == wanted(analysis)


@given(traces())
def test_any_trace(trace):
    analysis = Analysis(trace)
    texts = ",".join(chrome_events(Scope(trace), Added.to(analysis, [], 0)))
    found = summed(in_chrome(json.loads(f"[{texts}]", parse_float=str)))
    assert found == {label: rows for label, rows in wanted(analysis).items() if rows}


def test_it_is_of_the_window_that_was_asked_for(tmp_path):
    analysis = Analysis(literal("k 0-1000; d2h 2000-3000; k 4000-5000"), from_ns=500, to_ns=2500)
    export_perfetto(analysis, tmp_path / "out.pftrace")
    rows = [(name, start, end) for _, name, _, start, end in in_perfetto(tmp_path / "out.pftrace")]
    assert [(name.partition(":")[0], start, end) for name, start, end in rows] == [
        ("compute", 500, 1000),
        ("idle", 1000, 2000),
        ("exposed copy", 2000, 2500),
    ]


@pytest.mark.parametrize(("write", "form"), [(export_perfetto, "pftrace"), (export_chrome, "json")])
def test_readers_take_it_for_no_work(write, form, recorded, tmp_path):
    trace = load(recorded("mlp_overlap"))
    write(Analysis(trace), tmp_path / f"out.{form}")
    again = load(tmp_path / f"out.{form}")
    assert len(again.work) == len(trace.work)
    first, second = Analysis(trace).account, Analysis(again).account
    assert [(d.window_ns, d.compute_ns) for d in first.devices] == [(d.window_ns, d.compute_ns) for d in second.devices]
    assert [[loss.ns for loss in d.losses] for d in first.devices] == [
        [loss.ns for loss in d.losses] for d in second.devices
    ]
