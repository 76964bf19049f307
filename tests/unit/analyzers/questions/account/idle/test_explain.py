from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.model import Process, SyncKind, Syncs
from gpu_trace_analyzers.questions.account.idle.explain import explain_idle_time
from gpu_trace_analyzers.questions.account.losses import account_of
from gpu_trace_analyzers.questions.account.owners import owned
from gpu_trace_analyzers.questions.overlap import active_devices
from gpu_trace_analyzers.questions.scope import Scope, Window
from gpu_trace_analyzers.vocabulary.losses import CAUSES, Owner
from literal import literal
from strategies import traces, windows

from .told import facts, found, told


@given(traces(), st.none() | windows)
def test_the_parts_are_the_idle_time_and_each_has_one_of_the_known_causes(trace, window):
    scope = Scope(trace, window=None if window is None else Window(*window))
    for position in active_devices(trace):
        parts = explain_idle_time(scope, position)
        times = zip(parts.stretches.start_ns.tolist(), parts.stretches.end_ns.tolist(), strict=True)
        idle = [unit for start, end in times for unit in range(start, end)]
        assert idle == [unit for start, end in owned(scope, position)[Owner.IDLE] for unit in range(start, end)]
        assert {rule.cause for rule, _ in parts.each()} <= {*CAUSES[Owner.IDLE]}
        assert ((parts.bound >= 0) & (parts.bound <= parts.stretches.ns)).all()
        keys = [(loss.owner, loss.cause) for loss in account_of(scope, position).losses]
        assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("k 0-10 @0; k 40-50 @30; call cudaLaunchKernel 20-21", [("lost_kernels", 10, 40)]),
        ("k 0-10 @1 graph=3.1; k 30-40 @2 graph=3.1 launch=50; k 40-50 graph=3.2 launch=50", [("lost_nodes", 10, 30)]),
        ("k 0-10 @0; k 40-50", [("unknown", 10, 40)]),
        (
            "k 0-10 @0; k 40-50 @30; call cudaMalloc 15-20",
            [("host_unobserved", 10, 15), ("allocating", 15, 20), ("host_unobserved", 20, 30), ("queued", 30, 40)],
        ),
    ],
)
def test_what_is_not_known_comes_before_what_the_host_did(text, expected):
    assert told(literal(text)) == expected


def test_before_the_first_operation_and_behind_the_last_the_host_is_not_asked():
    parts = explain_idle_time(
        Scope(literal("k 10-20 @5; call cudaMalloc 0-4; call cudaMalloc 25-30"), window=Window(0, 40)), 0
    )
    assert [rule.cause for rule, _ in parts.each()] == ["head_or_tail", "head_or_tail"]


TWO = "gpu0 s7 k 0-1000 @0; gpu1 s8 k 1000-90000 @500; gpu0 s7 k 101000-102000 @100000"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("call cudaStreamSynchronize 2000-91000", [(2000, 90000)]),
        ("call cudaStreamSynchronize 2000-91000 t2", []),
        ("call cudaMalloc 2000-91000", []),
        ("call cudaStreamSynchronize 90500-99000", []),  # no device was busy
    ],
)
def test_a_host_that_waits_for_another_device_keeps_this_one_waiting(call, expected):
    trace = literal(f"{TWO}; {call}")
    assert [row[1:] for row in told(trace) if row[0] == "other_device"] == expected
    if expected:
        why = "the host was blocked in cudaStreamSynchronize while another device was busy"
        assert facts(trace, "other_device") == [(why, 89000, "")]


def test_the_device_of_another_process_is_not_what_a_host_waits_for():
    trace = literal(f"{TWO}; call cudaStreamSynchronize 2000-91000")
    process = np.where(trace.work.device == 1, 1, 0).astype(np.int16)
    trace = replace(trace, processes=(Process(100), Process(200)), work=replace(trace.work, process=process))
    assert not [row for row in told(trace) if row[0] == "other_device"]


def test_what_another_thread_launched_there_is_not_what_a_host_waits_for():
    # One thread waits for nothing of its own, while another one keeps the other device busy.
    text = "gpu0 s7 k 0-1000 @0; gpu1 s8 k 1000-90000 @500 t2; gpu0 s7 k 101000-102000 @100000"
    trace = literal(f"{text}; call cudaStreamSynchronize 2000-91000")
    assert not [row for row in told(trace) if row[0] == "other_device"]


@pytest.mark.parametrize(
    ("waits_for", "expected"),
    [
        ({"kind": SyncKind.CONTEXT, "device": 1}, [(2000, 90000)]),
        ({"kind": SyncKind.CONTEXT, "device": 0}, []),
        ({"kind": SyncKind.STREAM, "device": 1, "stream": 8}, [(2000, 90000)]),
        ({"kind": SyncKind.STREAM, "device": 1, "stream": 9}, []),
        ({"kind": SyncKind.EVENT, "device": 1, "stream": 9, "awaited_stream": 8}, [(2000, 90000)]),
        ({"kind": SyncKind.EVENT, "device": 1, "stream": 8, "awaited_stream": 9}, []),
        ({"kind": SyncKind.EVENT, "device": 1}, []),  # of which stream is not known, and the work is another thread's
        ({"kind": SyncKind.STREAM_WAIT, "device": 1, "awaited_stream": 8}, []),
    ],
)
def test_a_row_of_a_call_says_what_it_waited_for_whoever_launched_it(waits_for, expected):
    text = "gpu0 s7 k 0-1000 @0; gpu1 s8 k 1000-90000 @500 t2; gpu0 s7 k 101000-102000 @100000"
    trace = literal(f"{text}; call cudaEventSynchronize 2000-91000")
    row = {"start_ns": 2000, "end_ns": 91000, "process": 0, "correlation": 10_000} | waits_for
    trace = replace(trace, syncs=Syncs.of({name: [int(value)] for name, value in row.items()}))
    assert [row[1:] for row in told(trace) if row[0] == "other_device"] == expected


def test_a_row_that_names_the_own_device_clears_the_other_one():
    trace = literal(f"{TWO}; call cudaDeviceSynchronize 2000-91000")
    assert [row[0] for row in told(trace)].count("other_device") == 1
    row = {"start_ns": 2000, "end_ns": 91000, "process": 0, "correlation": 10_000, "kind": 0, "device": 0}
    trace = replace(trace, syncs=Syncs.of({name: [value] for name, value in row.items()}))
    assert not [row for row in told(trace) if row[0] == "other_device"]


def test_another_device_may_keep_it_waiting_through_an_event():
    text = "gpu0 s7 k 0-1000 @0; gpu1 s8 k 10-90000 @1; call cudaStreamWaitEvent 20-21; gpu0 s7 k 90500-91000 @30"
    assert told(literal(text)) == [("other_device", 1000, 90500)]


def test_a_cpu_waits_for_data_or_runs_no_operator():
    trace = literal("s1 k 0-10; range __next__ 20-30; s1 k 40-50", kind="cpu")
    assert told(trace) == [
        ("host_unobserved", 10, 20),
        ("waiting_for_data", 20, 30),
        ("host_unobserved", 30, 40),
    ]
    other = literal("s1 k 0-10; range __next__ 20-30 t2; s1 k 40-50", kind="cpu")
    assert told(other) == [("host_unobserved", 10, 40)]


def test_neighbors_of_one_cause_are_one_gap():
    trace = literal("k 0-10 @0; k 40-50 @30; call cudaMalloc 15-20; call cudaFree 20-25")
    assert [rule.cause for rule, _ in found(trace).each()].count("allocating") == 1
