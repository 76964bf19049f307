"""Every recorded trace, event by event, as a slow reader with exact decimals reads it; and the figures known of it."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from pathlib import Path

import pytest

from gpu_trace_analyzers.model import Engine
from gpu_trace_analyzers.readers import load
from plain_reader import parse, read_back, tables

TRACES = Path(__file__).parents[2] / "samples/traces"
EXPECTED = json.loads((TRACES / "expected.json").read_text())
KEYS = {"copy_h2d": "h2d", "copy_d2h": "d2h", "copy_p2p": "p2p", "copy_d2d": "d2d", "collective": "comm"}


@pytest.mark.parametrize("name", EXPECTED)
def test_every_event_is_read_exactly(name):
    trace = load(TRACES / name, operators=True)
    trace.check()
    events = parse(gzip.decompress((TRACES / name).read_bytes()).decode())
    expected = tables(events, operators=True)
    assert read_back(trace) == expected
    assert trace.source.damage == ()
    used = sum(sum(rows.values()) for rows in expected.values())
    named = sum(1 for event in events if event["ph"] == "M")
    assert trace.source.events == len(events) == used + named + sum(trace.source.dropped.values())


def union_ns(spans: list[tuple[int, int]]) -> int:
    """Length of a union, the slow way."""
    total, reach = 0, -(1 << 62)
    for start, end in sorted(spans):
        total += max(0, end - max(start, reach))
        reach = max(reach, end)
    return total


@pytest.mark.parametrize("name", EXPECTED)
def test_busy_time_count_and_bytes_of_every_engine(name):
    trace = load(TRACES / name)
    spans, counts, sizes = defaultdict(list), defaultdict(int), defaultdict(int)
    work = trace.work
    columns = (work.device, work.engine, work.start_ns.tolist(), work.end_ns.tolist(), work.size.tolist())
    for device, engine, start, end, size in zip(*columns, strict=True):
        key = str(trace.devices[device].index), KEYS.get(Engine(engine).key, Engine(engine).key)
        spans[key].append((start, end))
        counts[key] += 1
        sizes[key] += max(size, 0)
    for device, figures in EXPECTED[name].items():
        assert {engine: union_ns(spans[d, engine]) for d, engine in spans if d == device} == figures["busy_ns"]
        assert {engine: counts[d, engine] for d, engine in spans if d == device} == figures["count"]
        # The independent program did not read the elements of a collective: test_recorded_traces.py counts its bytes.
        moved = {engine: sizes[d, engine] for d, engine in spans if d == device and engine != "comm"}
        assert {engine: size for engine, size in moved.items() if size} == figures["bytes"]


def test_the_mxnet_dump():
    trace = load(TRACES / "seed_mxnet.json.gz", operators=True)
    trace.check()
    raw = list(json.loads(gzip.decompress((TRACES / "seed_mxnet.json.gz").read_bytes()))["traceEvents"])
    begins = sorted((e["ts"] * 1000, e["name"], e["pid"]) for e in raw if e["ph"] == "B")
    ends = sorted(e["ts"] * 1000 for e in raw if e["ph"] == "E")
    names = [trace.text(code) for code in trace.work.name]
    found = zip(trace.work.start_ns.tolist(), names, (trace.devices[d].index for d in trace.work.device), strict=True)
    assert sorted(found) == begins
    assert sorted(trace.work.end_ns.tolist()) == ends
    assert [device.label for device in trace.devices] == ["CPU 0", "CPU 1"]
    assert trace.source.events == len(raw)
