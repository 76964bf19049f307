"""Each rule on the smallest trace in which it must hold, and all of them together on whatever Hypothesis draws."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.model import BUS_COPIES, MISSING, Engine, Memory, SyncKind, Syncs
from gpu_trace_analyzers.questions.causes import EXPOSED_COPY_RULES, causes, explain
from gpu_trace_analyzers.questions.overlap import active_devices, device_figures
from gpu_trace_analyzers.questions.scope import Scope, Window
from gpu_trace_analyzers.readers import load
from literal import literal
from strategies import traces, windows

TRACES = Path(__file__).parents[4] / "samples/traces"

LITERAL = {
    "pageable": "s7 k 0-10 @1; s7 d2h 10-30 pageable @2-31; s7 k 31-40 @3",
    "migrated": "s7 k 0-10 @1; s7 d2h 10-30 managed; s7 k 30-40 @3",
    "synchronous": "s7 k 0-10 @1; s7 d2h 10-30 @2-31; s7 k 32-40 @32",
    "host_synchronized": "s7 k 0-10 @1; s7 d2h 10-30 @2; call cudaStreamSynchronize 4-31; s7 k 35-40 @33",
    "host_allocated": "s7 k 0-10 @1; s8 d2h 10-30 @2; call cudaFree 4-31; s7 k 35-40 @33",
    "same_stream": "s7 k 0-10 @1; s7 d2h 10-30 @2; s7 k 30-40 @3",
    "no_compute_left": "s7 k 0-10 @1; s8 d2h 10-30 @2",
    "compute_waited": "s7 k 0-10 @1; s8 h2d 10-30 @2; call cudaStreamWaitEvent 3-4; s7 k 30-40 @5",
    "copy_waited": "s7 k 0-10 @1; call cudaStreamWaitEvent 2-3; s8 d2h 10-30 @4; s7 k 30-40 @5",
    "launched_late": "s7 k 0-10 @1; s8 d2h 10-30 @2; s7 k 30-40 @29",
    "lost_kernels": "s7 k 0-10 @1; s7 d2h 10-30 @2; call cudaLaunchKernel 3-4; s7 k 30-40 @5",
    "lost_nodes": ("k 0-10 @1 graph=3.1; s8 d2h 10-30 @2; k 30-40 @3 graph=3.1 launch=50; k 40-50 graph=3.2 launch=50"),
    "unknown": "s7 k 0-10; s8 d2h 10-30; s7 k 30-40",
}


def found(trace, **options):
    return [(row.cause, row.ns, row.count) for row in causes(Scope(trace, **options))]


@pytest.mark.parametrize("cause", LITERAL)
def test_the_rule_holds(cause):
    assert found(literal(LITERAL[cause])) == [(cause, 20, 1)]


QUEUED = """
s7 k 0-10 @1; {copy} d2h 10-30 @2; {copy} d2h 30-50 @{second}; call cudaDeviceSynchronize {sync}-51; s7 k 60-70 @55
"""


@pytest.mark.parametrize(
    ("copy", "second", "sync", "causes"),
    [
        # The host waits for the last of several copies: the others were held back by their stream alone.
        ("s7", 3, 4, {"same_stream": 20, "host_synchronized": 20}),
        # On a stream of their own it is the waiting that left no compute beside them.
        ("s8", 3, 4, {"host_synchronized": 40}),
        # Nobody waited for the first, although the host came back only when it was done.
        ("s7", 31, 32, {"same_stream": 20, "host_synchronized": 20}),
    ],
)
def test_who_held_back_a_copy_that_was_queued(copy, second, sync, causes):
    text = QUEUED.format(copy=copy, second=second, sync=sync)
    assert {cause: ns for cause, ns, _ in found(literal(text))} == causes


def test_every_rule_has_its_trace():
    assert {rule.cause for rule in EXPOSED_COPY_RULES} | {"unknown"} == LITERAL.keys()


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("s7 k 0-10 @1; s8 d2h 10-30 @2; call cudaStreamSynchronize 4-12; s7 k 30-40 @29", "launched_late"),
        ("s7 k 0-10 @1; s8 d2h 10-30 @2; call cudaStreamSynchronize 4-31 t2; s7 k 35-40 @33", "launched_late"),
        ("s7 k 0-10 @1; s8 d2h 10-30 @2; call cudaStreamSynchronize 4-31; s7 k 35-40 @3", "unknown"),
        ("s7 k 0-10 @1; s8 d2h 10-30 @2; call cudaMallocAsync 4-31; s7 k 35-40 @33", "launched_late"),
        ("s8 h2d 10-30 @2; s7 k 30-40 @5", "no_compute_left"),
        ("s8 h2d 10-30 @2", "no_compute_left"),
        ("call cudaStreamWaitEvent 1-2; s7 k 0-10 @3; s8 d2h 10-30 @4; s7 k 30-40 @5", "unknown"),
        ("s7 k 0-10 @1; s8 d2h 10-30 @2; call cudaStreamWaitEvent 5-6; s7 k 30-40 @5", "unknown"),
        ("s7 k 0-10 @1; s8 d2h 10-30 @2; call cudaStreamWaitEvent 3-8; s9 k 5-6 @4; s7 k 30-40 @9", "unknown"),
    ],
    ids=[
        "short sync",
        "another thread's sync",
        "launched before",
        "async",
        "head",
        "alone",
        "an earlier launch's wait",
        "a wait that begins with the launch",
        "a wait that ends after another launch",
    ],
)
def test_the_rule_does_not_hold(text, cause):
    assert found(literal(text)) == [(cause, 20, 1)]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (10_029, [("launched_late", 10_019, 1)]),  # no longer than a start takes after the launch
        (10_030, [("unknown", 10_001, 1), ("launched_late", 19, 1)]),
    ],
)
def test_the_host_is_late_for_a_copy_until_it_launches_the_compute(start, expected):
    assert found(literal(f"s7 k 0-10 @1; s8 d2h 10-{start} @2; s7 k {start}-{start + 9} @29")) == expected


def test_a_launch_of_another_thread_is_not_between_a_wait_and_what_waited():
    text = "s7 k 0-10 @1; s8 h2d 10-30 @2; call cudaStreamWaitEvent 3-4; s9 k 5-6 @4 t2; s7 k 30-40 @5"
    assert found(literal(text)) == [("compute_waited", 20, 1)]


def test_the_fact_names_the_compute_of_the_copys_stream():
    """That behind the copy, where there is one, else that in front of it."""
    behind = "s7 k 0-10 @1 name=first; s7 d2h 10-30 @2; s7 k 30-40 @3 name=second"
    in_front = "s7 k 0-10 @1 name=first; s7 d2h 10-30 @2; s8 k 30-40 @3 name=second"
    words = [causes(Scope(literal(text)))[0].evidence.fact.words for text in (behind, in_front)]
    assert [("first" in each, "second" in each) for each in words] == [(False, True), (True, False)]


def test_the_fact_tells_the_ends_of_a_copy_and_the_sides_of_the_compute_apart():
    from_host, into_host = (
        causes(Scope(literal(f"s7 k 0-10 @1; s7 {kind} 10-30 pageable @2-31")))[0].evidence.fact.words
        for kind in ("h2d", "d2h")
    )
    assert ("from" in from_host, "from" in into_host) == (True, False)
    none_before, none_after, none = (
        causes(Scope(literal(text)))[0].evidence.fact.words
        for text in ("s8 d2h 10-30; s7 k 30-40", "s7 k 0-10; s8 d2h 10-30", "s8 d2h 10-30")
    )
    assert ("before" in none_before, "after" in none_after) == (True, True)
    assert len({none_before, none_after, none}) == 3


def test_only_the_exposed_part_counts_and_copies_at_once_count_once():
    trace = literal("s7 k 0-10; s8 d2h 5-30; s9 h2d 20-50; s7 k 60-70")
    assert found(trace) == [("unknown", 40, 2)]
    stretches = explain(Scope(trace), 0).stretches
    assert list(zip(stretches.start_ns.tolist(), stretches.end_ns.tolist(), strict=True)) == [(10, 30), (30, 50)]
    assert trace.work.engine[stretches.during].tolist() == [Engine.COPY_D2H, Engine.COPY_H2D]


def test_evidence_names_operation_stream_range_and_call():
    trace = literal("range outer 0-50; range inner 2-5; s9 k 0-10 @1; s9 d2h 10-30 @3-6 name=Memcpy; s9 k 30-40 @7")
    (row,) = causes(Scope(trace))
    found = row.evidence
    assert (found.operation, found.stream, found.range) == ("Memcpy", 9, "inner")
    assert (found.call, found.call_ns, found.start_ns, found.end_ns) == ("cudaMemcpyAsync", 3, 10, 30)


def test_what_a_remedy_saves_is_bounded_by_what_overlap_could_hide():
    (row,) = causes(Scope(literal("s7 k 0-5 @1; s7 d2h 10-30 @2")))
    assert (row.cause, row.ns, row.at_most_ns) == ("same_stream", 20, 5)
    (row,) = causes(Scope(literal("s7 k 0-5 @1; s7 d2h 10-30 pageable @2")))
    assert row.at_most_ns == 20


@pytest.mark.parametrize(("stream", "cause"), [(7, "compute_waited"), (8, "unknown"), (None, "compute_waited")])
def test_a_wait_counts_for_the_stream_that_waited_where_the_trace_says_which(stream, cause):
    trace = literal("s7 k 0-10 @1; s8 h2d 10-30 @2; call cudaStreamWaitEvent 3-4; s7 k 30-40 @5")
    (wait,) = (i for i in range(len(trace.calls)) if "Wait" in trace.text(trace.calls.name[i]))
    row = {"start_ns": 3, "end_ns": 4, "kind": SyncKind.STREAM_WAIT, "device": 0, "process": 0, "stream": stream}
    row["correlation"] = trace.calls.correlation[wait]
    syncs = Syncs.of({name: [value] for name, value in row.items()}) if stream is not None else Syncs.empty()
    assert found(replace(trace, syncs=syncs)) == [(cause, 20, 1)]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("s1 k 0-10; s1 d2d 10-30; s1 k 30-40", "same_stream"),
        ("s1 k 0-10; s2 d2d 10-30", "no_compute_left"),
        ("s1 k 0-10; s2 d2d 10-30; s1 k 30-40", "unknown"),
    ],
)
def test_causes_of_a_cpu_device_speak_of_threads(text, cause):
    (row,) = causes(Scope(literal(text, kind="cpu")))
    assert (row.cause, row.ns) == (cause, 20)
    assert "stream" not in row.title + row.remedy + row.evidence.fact.words


@given(traces(), st.none() | windows, st.none() | st.just(BUS_COPIES) | st.sets(st.sampled_from(Engine), min_size=1))
def test_causes_sum_to_the_exposed_time_exactly(trace, pair, copies):
    window = Window(*pair) if pair else None
    rows = causes(Scope(trace, copies, window))
    for device in active_devices(trace):
        exposed = device_figures(Scope(trace, copies, window), device).exposed_copy_ns
        assert sum(row.ns for row in rows if row.device == device) == exposed
        explained = explain(Scope(trace, copies, window), device)
        assert int(explained.stretches.ns.sum()) == exposed
        assert (explained.stretches.ns > 0).all()
        assert len([*explained.each()]) == len(explained.stretches)
        assert (np.diff(explained.stretches.start_ns) > 0).all()


RECORDED = {
    "seed_blocking": [("pageable", 50)],
    "seed_nonblocking": [("same_stream", 50)],
    "two_streams": [("no_compute_left", 1)],
    "mlp_serial": [("host_synchronized", 4), ("host_synchronized", 4)],
    "mlp_overlap": [("same_stream", 3), ("same_stream", 3)],
    "peer_same_stream": [("same_stream", 50)],
    "ddp_rank0": [("same_stream", 3)],
    "gpu1_and_gpu2": [],
}


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_traces(name):
    trace = load(TRACES / f"{name}.json.gz")
    assert [(row.cause, row.count) for row in causes(Scope(trace))] == RECORDED[name]


@pytest.mark.parametrize(("returned", "cause"), [(30, "synchronous"), (29, "launched_late")])
def test_a_call_that_returns_as_the_copy_ends_is_synchronous(returned, cause):
    assert found(literal(f"s7 k 0-10 @1; s8 d2h 10-30 @2-{returned}; s7 k 32-40 @32")) == [(cause, 20, 1)]


@pytest.mark.parametrize(("called", "cause"), [(20, "host_synchronized"), (21, "launched_late")])
def test_the_host_is_blocked_for_half_of_the_time_or_is_not(called, cause):
    text = f"s7 k 0-10 @1; s8 d2h 10-30 @2; call cudaStreamSynchronize {called}-31; s7 k 35-40 @33"
    assert found(literal(text)) == [(cause, 20, 1)]


@pytest.mark.parametrize(
    ("source", "target", "cause"),
    [
        (Memory.MANAGED, Memory.MANAGED, "migrated"),
        (Memory.DEVICE, Memory.MANAGED, "same_stream"),
        (Memory.MANAGED, Memory.PINNED, "same_stream"),
    ],
)
def test_what_migrates_is_in_unified_memory_before_and_after(source, target, cause):
    trace = literal("s7 k 0-10 @1; s7 d2h 10-30; s7 k 30-40 @3")
    source, target = (np.array([MISSING, end, MISSING], np.int8) for end in (source, target))
    assert found(replace(trace, work=replace(trace.work, source=source, target=target))) == [(cause, 20, 1)]


def test_the_fact_tells_what_waited_for_the_copy_from_what_it_waited_for():
    behind = causes(Scope(literal("s8 k 0-10 @1; s7 d2h 10-30 @2; s7 k 30-40 @3 name=gemm")))[0]
    in_front = causes(Scope(literal("s7 k 0-10 @1 name=gemm; s7 d2h 10-30 @2; s8 k 30-40 @3")))[0]
    assert (behind.cause, in_front.cause) == ("same_stream", "same_stream")
    words = [row.evidence.fact.words for row in (behind, in_front)]
    assert [each.index("gemm") < each.index("wait") for each in words] == [True, False]  # the subject waits


def test_a_wait_that_ends_as_the_launch_begins_came_before_it():
    text = "s7 k 0-10 @1; s8 h2d 10-30 @2; call cudaStreamWaitEvent 3-5; s7 k 30-40 @5"
    assert found(literal(text)) == [("compute_waited", 20, 1)]
