"""Replays of a CUDA graph that lack nodes: found by a loop over dicts, too; and what they mean for idle time."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.model import MISSING, Device, DeviceWork, Process, Source, Trace
from gpu_trace_analyzers.questions.idle import idle_causes
from gpu_trace_analyzers.questions.replays import partial_replays
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.reports.sections.notes import reading_notes
from literal import literal

ids = st.sampled_from([MISSING, 1, 2, 3])


def trace_of(rows):
    """Rows (process, graph, node, correlation), one after the other."""
    process, graph, node, correlation = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    start_ns = 10 * np.arange(len(rows))
    zeros = dict.fromkeys(("name", "engine", "device"), np.zeros(len(rows)))
    times = {"start_ns": start_ns, "end_ns": start_ns + 5}
    ours = {"process": process, "graph": graph, "graph_node": node, "correlation": correlation}
    return Trace(
        Source("x", "kineto"),
        strings=("k",),
        devices=(Device("gpu", 0),),
        processes=(Process(1), Process(2)),
        work=DeviceWork.of(zeros | times | ours),
    )


def by_dicts(rows):
    """(first row, last row, how many nodes are lacking) of each partial replay."""
    graphs = defaultdict(lambda: defaultdict(list))
    for at, (process, graph, node, correlation) in enumerate(rows):
        if MISSING not in (graph, node, correlation):
            graphs[process, graph][correlation].append((node, at))
    for replays in graphs.values():
        nodes = {replay: [node for node, _ in rows] for replay, rows in replays.items()}
        every = set().union(*nodes.values())
        fullest = max(len(set(of)) for of in nodes.values())
        if fullest < len(every) or any(max(Counter(of).values()) > 1 for of in nodes.values()):
            continue
        for replay, of in nodes.items():
            if len(of) < fullest:
                at = [place for _, place in replays[replay]]
                yield min(at), max(at), fullest - len(of)


@given(st.lists(st.tuples(st.integers(0, 1), ids, ids, ids), max_size=14))
def test_partial_replays_are_those_that_dicts_find(rows):
    found = partial_replays(trace_of(rows))
    each = zip(found.first.tolist(), found.last.tolist(), found.lacking.tolist(), strict=True)
    assert sorted(each) == sorted(by_dicts(rows))


@given(st.lists(st.tuples(st.integers(0, 1), st.sets(st.integers(1, 5), min_size=1)), min_size=1, max_size=8))
def test_whole_replays_beside_partial_ones(replays):
    """With a whole replay of each graph, every other one lacks what it does not have."""
    replays = [(0, {1, 2, 3, 4, 5}), (1, {1, 2, 3, 4, 5}), *replays]
    rows = [(process, 7, node, number) for number, (process, nodes) in enumerate(replays) for node in sorted(nodes)]
    found = partial_replays(trace_of(rows)).lacking.tolist()
    assert sorted(found) == sorted(5 - len(of) for _, of in replays if len(of) < 5)


@pytest.mark.parametrize(
    "replays",
    [
        [[1, 2, 3], [1, 2, 3]],  # whole
        [[1, 2, 2, 3], [1, 2, 3]],  # a loop
        [[1, 2], [1, 3], [1]],  # branches
        [[1, 2, 3]],
        [],
    ],
)
def test_of_conditional_graphs_nothing_is_said(replays):
    rows = [(0, 7, node, number) for number, nodes in enumerate(replays) for node in nodes]
    assert not len(partial_replays(trace_of(rows)))


def file_of(folder, replays):
    """A Kineto file: a replay each 2 ms, its launch 40 µs before its first node, a node of 440 µs each 450."""
    events = []
    for number, nodes in enumerate(replays):
        at = 2000 * number
        args = {"correlation": number + 1}
        call = {"ph": "X", "cat": "cuda_runtime", "name": "cudaGraphLaunch", "pid": 100, "tid": 100}
        events.append(call | {"ts": at, "dur": 30, "args": args})
        for node in nodes:
            of_node = args | {"device": 0, "stream": 7, "graph id": 3, "graph node id": 100 + node}
            kernel = {"ph": "X", "cat": "kernel", "name": "layer", "pid": 0, "tid": 7, "dur": 440}
            events.append(kernel | {"ts": at + 40 + 450 * node, "args": of_node})
    path = folder / "trace.json"
    path.write_text(json.dumps({"schemaVersion": 1, "deviceProperties": [], "traceEvents": events}))
    return path


def test_idle_time_in_which_nodes_are_missing_has_no_cause(tmp_path):
    """Two whole replays, then one node of four: what the launches say of the first two stays, the rest is unknown."""
    trace = load(file_of(tmp_path, [range(4)] * 2 + [range(1)] * 3))
    causes = {row.cause: row.ns for row in idle_causes(Scope(trace))}
    assert partial_replays(trace).lacking.tolist() == [3, 3, 3]
    between_nodes, between_replays = 2 * 3 * 10_000, 2 * 210_000
    after_partial = 2 * (2_000_000 - 440_000)
    assert sum(causes.values()) == between_nodes + between_replays + after_partial
    assert causes["lost_nodes"] == after_partial + 40_000  # from the launch of the first partial replay to its node
    assert causes["launched_late"] == 2 * 170_000
    notes = reading_notes(Analysis(trace).summary)
    assert [note for note in notes if note.startswith("9 operations are missing from CUDA graph replays")]


def test_whole_replays_are_judged_as_ever(tmp_path):
    whole = load(file_of(tmp_path, [range(4)] * 5))
    causes = {row.cause: row.ns for row in idle_causes(Scope(whole))}
    assert "lost_nodes" not in causes
    assert causes["launched_late"] == 4 * 170_000
    assert Analysis(whole).summary.unmatched.nodes == 0


def test_rows_of_every_kind_say_which_node_they_are(tmp_path):
    """0 is none, to CUPTI; copies and memsets are nodes, too."""
    rows = [
        {"cat": category, "name": name, "args": {"device": 0, "stream": 7, "graph id": graph, "graph node id": node}}
        for category, name, graph, node in (
            ("kernel", "k", 3, 3 << 32 | 1),
            ("gpu_memcpy", "Memcpy DtoH (Device -> Pinned)", 3, 3 << 32 | 2),
            ("gpu_memset", "Memset (Device)", 3, 3 << 32 | 3),
            ("kernel", "k", 0, 0),
        )
    ]
    events = [row | {"ph": "X", "pid": 0, "tid": 7, "ts": 10 * at, "dur": 5} for at, row in enumerate(rows)]
    path = tmp_path / "trace.json"
    path.write_text(json.dumps({"schemaVersion": 1, "traceEvents": events}))
    work = load(path).work
    assert work.graph.tolist() == [3, 3, 3, MISSING]
    assert work.graph_node.tolist() == [3 << 32 | 1, 3 << 32 | 2, 3 << 32 | 3, MISSING]


def test_nsight_has_them_in_columns(tmp_path):
    path = tmp_path / "report.sqlite"
    with sqlite3.connect(path) as db:
        db.executescript("""
            CREATE TABLE StringIds(id, value);
            INSERT INTO StringIds VALUES (1, 'gemm');
            CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL(start, end, deviceId, contextId, streamId, correlationId, globalPid,
                demangledName, graphId, graphNodeId);
            INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (0, 5, 0, 1, 7, 1, 1, 1, 3, 301),
                (10, 15, 0, 1, 7, 1, 1, 1, 3, 302),
                (20, 25, 0, 1, 7, 2, 1, 1, 3, 301), (30, 35, 0, 1, 7, 3, 1, 1, NULL, 0);
        """)
    trace = load(path)
    assert trace.work.graph.tolist() == [3, 3, 3, MISSING]
    assert trace.work.graph_node.tolist() == [301, 302, 301, MISSING]
    assert partial_replays(trace).lacking.tolist() == [1]


def test_a_replay_ends_with_the_row_that_ends_last():
    trace = literal(
        "k 0-5 @0 graph=3.1 launch=9; k 5-10 graph=3.2 launch=9; k 10-15 graph=3.3 launch=9;"
        "s7 k 20-90 @16 graph=3.1 launch=10; s8 k 30-40 graph=3.2 launch=10"
    )
    found = partial_replays(trace)
    [first], [last] = found.first, found.last
    assert (found.lacking.tolist(), trace.work.start_ns[first], trace.work.end_ns[last]) == ([1], 20, 90)


def test_partial_replays_are_in_the_order_of_their_correlations():
    rows = [(0, 7, node, replay) for replay, nodes in ((3, "1"), (2, "12"), (1, "123")) for node in map(int, nodes)]
    assert partial_replays(trace_of(rows)).lacking.tolist() == [1, 2]


@pytest.mark.parametrize(
    "text",
    [
        "k 0-10 graph=3.1; k 30-40 @2 graph=3.1 launch=50; k 40-50 graph=3.2 launch=50",
        """
        k 0-10 @0 graph=3.1 launch=50; k 10-20 graph=3.2 launch=50; k 20-30 graph=3 launch=50
        k 40-50 @32 graph=3.1 launch=51; k 50-60 graph=3.2 launch=51
        """,
    ],
    ids=["without a launch", "without a node"],
)
def test_rows_that_do_not_say_of_which_replay_and_node_they_are_are_in_none(text):
    assert len(partial_replays(literal(text))) == 0
