"""Sampled stacks are read in every way through a file; what is damaged is counted, and the rest is kept."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.engines import default_rules
from gpu_trace_analyzers.model import MISSING, ThreadState
from gpu_trace_analyzers.readers import kineto
from gpu_trace_analyzers.readers.base.frames import NOT_IN_THE_FILE
from gpu_trace_analyzers.readers.kineto.stacks import DAMAGED, FOREIGN
from kineto_text import InMemory

WAYS = {"scan": ("scan", "typed"), "typed": ("typed",), "tolerant": ()}
NODES = [
    {"id": 2, "callFrame": {"functionName": "<module>", "url": "/a.py", "scriptId": 0, "lineNumber": 89}},
    {"id": 3, "parent": 2, "callFrame": {"functionName": "batches", "url": "/a.py", "lineNumber": 56}},
]
OWN = {"start_ns": 1_000_001, "deltas_ns": [0, 10, 20], "durations_ns": [10, 20, 30], "states": [3, 2, 0]}
TREE = {"nodes": NODES, "samples": [3, 2, 1]}


def event(name="ProfileChunk", tid=5, data=None, **more):
    data = {"cpuProfile": TREE, "timeDeltas": [0, 0, 0], "gpuTrace": OWN} if data is None else data
    category = "disabled-by-default-v8.cpu_profiler"
    of = {"ph": "P", "cat": category, "name": name, "id": "0x1", "pid": 4, "tid": tid, "ts": 1000.001}
    return of | {"args": {"data": data}} | more


def chunk(tree=TREE, **own):
    return event(data={"cpuProfile": tree, "timeDeltas": [0, 0, 0], "gpuTrace": OWN | own})


KERNEL = {"ph": "X", "cat": "kernel", "name": "k", "pid": 0, "tid": 7, "ts": 1000, "dur": 1, "args": {"device": 0}}


def read(*events, way="scan", size=1 << 20, cut=None):
    text = json.dumps({"schemaVersion": 1, "traceEvents": [KERNEL, *events]}, separators=(",", ":"))
    text = text.replace('},{"ph"', '},\n{"ph"')
    file = InMemory(content=text.encode()[:cut], size=size)
    trace = kineto.read(file, default_rules(), operators=False, ways=WAYS[way])
    trace.check()
    assert len(trace.work) == 1
    return trace


def stacks(trace):
    for frame in trace.samples.frame.tolist():
        stack = []
        while frame != MISSING:
            function, file = (
                trace.text(int(column[frame])) for column in (trace.stack_frames.function, trace.stack_frames.file)
            )
            stack.append(f"{function}@{file}:{trace.stack_frames.line[frame]}")
            frame = int(trace.stack_frames.caller[frame])
        yield "|".join(reversed(stack))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", [50, 1 << 20])
def test_samples_have_their_times_stacks_and_states(way, size):
    trace = read(event("Profile", data={"startTime": 1000}), event(), way=way, size=size)
    assert trace.samples.start_ns.tolist() == [1_000_001, 1_000_011, 1_000_031]
    assert trace.samples.end_ns.tolist() == [1_000_011, 1_000_031, 1_000_061]
    assert list(stacks(trace)) == ["<module>@/a.py:90|batches@/a.py:57", "<module>@/a.py:90", ""]
    assert trace.samples.state.tolist() == [ThreadState.HOLDS_LOCK, ThreadState.WAITING, ThreadState.UNKNOWN]
    assert trace.samples.thread.tolist() == [5, 5, 5]
    assert [trace.processes[at].pid for at in trace.samples.process] == [4, 4, 4]
    assert (trace.source.dropped, trace.source.damage) == ({}, ())
    assert trace.source.events == 3


def test_a_later_chunk_speaks_of_the_nodes_of_earlier_ones_of_its_thread():
    more = {"nodes": [{"id": 9, "parent": 3, "callFrame": {"functionName": "f"}}], "samples": [9, 3, 2]}
    trace = read(event(), chunk(more, start_ns=2_000_000))
    assert list(stacks(trace))[3:] == ["<module>@/a.py:90|batches@/a.py:57|f@:-1", *list(stacks(trace))[:2]]
    trace = read(event(), chunk(more, start_ns=2_000_000) | {"tid": 6})
    assert list(stacks(trace))[3:] == ["", "", ""]
    assert trace.source.losses == {NOT_IN_THE_FILE: 3}


def test_equal_frames_of_several_threads_are_one():
    assert len(read(event(tid=5), event(tid=6)).stack_frames) == 2


WRONG = {
    "lengths that differ": chunk(states=[1]),
    "a time beyond any": chunk(start_ns=1 << 70),
    "a time of text": chunk(start_ns="soon"),
    "time that goes back": chunk(deltas_ns=[0, -5, 3]),
    "a sum beyond any time": chunk(deltas_ns=[1 << 62] * 3),
    "a duration below zero": chunk(durations_ns=[-1, 0, 0]),
    "an id beyond any": chunk(TREE | {"samples": [1 << 80, 2, 2]}),
    "nodes that are none": chunk(TREE | {"nodes": [7]}),
    "no nodes": chunk({"nodes": None, "samples": [1, 1, 1]}),
    "no data": event(data=[]),
    "own columns that are none": event(data={"cpuProfile": TREE, "gpuTrace": []}),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("wrong", WRONG)
def test_a_damaged_chunk_is_counted_and_costs_itself_alone(wrong, way):
    trace = read(WRONG[wrong], event(tid=8), way=way)
    assert trace.source.losses == {DAMAGED: 1}
    assert trace.samples.thread.tolist() == [8, 8, 8]


@pytest.mark.parametrize(
    ("nodes", "lost"),
    [
        ([NODES[1]], 2),
        ([NODES[0]], 1),
        ([NODES[1], NODES[0]], 1),
        ([NODES[0], NODES[1] | {"parent": 3}], 1),
        ([NODES[0], NODES[1] | {"parent": 2**70}], 1),
    ],
    ids=["the caller is missing", "one is missing", "the caller comes later", "its own caller", "an id beyond any"],
)
def test_samples_whose_frames_are_missing_are_kept_without_a_stack(nodes, lost):
    trace = read(chunk(TREE | {"nodes": nodes}))
    assert len(trace.samples) == 3
    assert trace.source.losses == {NOT_IN_THE_FILE: lost}
    assert list(stacks(trace)).count("") == lost + 1


@pytest.mark.parametrize("line", [-1, -5, 2**31, 2**70])
def test_a_line_that_cannot_be_one_is_missing(line):
    node = {"id": 2, "callFrame": {"functionName": "f", "url": "/a.py", "lineNumber": line}}
    assert read(chunk({"nodes": [node], "samples": [2, 2, 2]})).stack_frames.line.tolist() == [MISSING]


def test_a_state_that_is_not_known_is_unknown():
    assert read(chunk(states=[4, 5, -1])).samples.state.tolist() == [4, 0, 0]


def test_profiles_of_other_writers_are_counted_and_no_loss():
    trace = read(event(data={"cpuProfile": TREE, "timeDeltas": [0, 0, 0]}), event(data={"endTime": 7}))
    assert (len(trace.samples), trace.source.dropped, trace.source.losses) == (0, {FOREIGN: 2}, {})


def test_events_of_that_phase_that_are_no_profiles_are_named():
    trace = read({"ph": "P", "cat": "sampled", "name": "s", "pid": 1, "tid": 1, "ts": 5})
    assert trace.source.losses == {"events of phase 'P', category 'sampled'": 1}


@given(st.integers(200, 1200), st.sampled_from(sorted(WAYS)))
def test_a_file_that_is_cut_keeps_its_whole_chunks(cut, way):
    events = [event(tid=tid) for tid in range(3)]
    ends = [len(json.dumps({"schemaVersion": 1, "traceEvents": [KERNEL]}, separators=(",", ":"))) - 2]
    for each in events:
        ends.append(ends[-1] + len(json.dumps(each, separators=(",", ":"))) + 2)
    trace = read(*events, way=way, cut=ends[0] + cut)
    assert len(trace.samples) == 3 * sum(end <= ends[0] + cut for end in ends[1:])
