"""The profiles say what the samples say, to a reader of V8's profiles that shares nothing with gpu-trace's."""

from __future__ import annotations

import json
from collections import defaultdict

import pytest
from hypothesis import HealthCheck, given, settings

from gpu_trace.exporting.chrome import stacks
from gpu_trace_analyzers.model import MISSING
from literal import literal
from strategies import traces


def events(trace):
    pids = [process.pid for process in trace.processes]
    return [json.loads(text) for text in stacks.stack_events(trace.samples, trace.stack_frames, trace.strings, pids)]


def as_v8_has_them(events):
    """Pid, tid, microsecond and stack of each sample: (function, file, line from 0), innermost first."""
    begun, nodes = {}, defaultdict(dict)
    for event in events:
        session, data = (event["pid"], event["id"]), event["args"]["data"]
        if event["name"] == "Profile":
            begun[session] = data["startTime"]
            continue
        for node in data["cpuProfile"]["nodes"]:
            assert node["id"] not in nodes[session], "a node twice"
            place = node["callFrame"]
            own = (place["functionName"], place["url"], place.get("lineNumber"))
            nodes[session][node["id"]] = (own, *(nodes[session][node["parent"]] if "parent" in node else ()))
        for node, delta in zip(data["cpuProfile"]["samples"], data["timeDeltas"], strict=True):
            assert delta >= 0
            begun[session] += delta
            yield event["pid"], event["tid"], begun[session], nodes[session][node]


def of_the_trace(trace):
    samples, frames = trace.samples, trace.stack_frames
    for at_ns, frame, process, thread in zip(
        *(column.tolist() for column in (samples.start_ns, samples.frame, samples.process, samples.thread)), strict=True
    ):
        stack = [] if frame != MISSING else [("(no stack)", "", None)]
        while frame != MISSING:
            line = int(frames.line[frame])
            texts = (trace.text(int(column[frame])) for column in (frames.function, frames.file))
            stack.append((*texts, line - 1 if line != MISSING else None))
            frame = int(frames.caller[frame])
        yield trace.processes[process].pid, thread, at_ns // 1000, tuple(stack)


@pytest.mark.parametrize("in_one_event", [1, 2, 1024])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trace=traces())
def test_a_profile_of_v8_has_every_sample_with_its_stack(trace, in_one_event, monkeypatch):
    monkeypatch.setattr(stacks, "_SAMPLES_PER_EVENT", in_one_event)
    assert sorted(as_v8_has_them(events(trace)), key=repr) == sorted(of_the_trace(trace), key=repr)


def test_microseconds_are_those_in_which_samples_were_taken_however_many_there_are():
    rows = "; ".join(f"sample {at}-{at + 999} f@a.py:1" for at in range(1999, 40_000, 999))
    found = [at_us for _, _, at_us, _ in as_v8_has_them(events(literal(rows)))]
    assert found == [at // 1000 for at in range(1999, 40_000, 999)]


def test_each_thread_has_a_profile_of_its_own():
    found = events(literal("sample 0-10 t1 f@a.py:1; sample 5-10 t2 f@a.py:1; sample 10-20 t1 f@a.py:1|g@a.py:2"))
    assert [(event["name"], event["id"], event["tid"]) for event in found] == [
        ("Profile", "0x1", 1),
        ("ProfileChunk", "0x1", 1),
        ("Profile", "0x2", 2),
        ("ProfileChunk", "0x2", 2),
    ]
    assert [len(event["args"]["data"]["cpuProfile"]["nodes"]) for event in found[1::2]] == [2, 1]


def test_a_trace_without_samples_has_no_profile():
    assert events(literal("k 0-10")) == []


def test_half_a_character_in_a_name_becomes_a_question_mark():
    trace = literal("sample 0-10 f\ud800@a.py:1")
    [(_, _, _, stack)] = as_v8_has_them(events(trace))
    assert stack == (("f?", "a.py", 0),)
