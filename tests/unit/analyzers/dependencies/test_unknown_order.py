from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from executions import run
from gpu_trace_analyzers.dependencies.between_streams import Ordered, orders_between_streams
from gpu_trace_analyzers.dependencies.unknown_order import UnknownOrder
from gpu_trace_analyzers.model import MISSING, SyncKind, Syncs
from literal import literal

A, B, C = (0, 7), (0, 13), (0, 20)


def edges(*steps):
    """``(stream, known)`` is a launch, else what orders streams; edges as (before, after)."""
    order, found, row = UnknownOrder(), set(), 0
    for step in steps:
        if isinstance(step, Ordered):
            order.ordered(step)
            continue
        waits = {}
        order.launched(step[0], row, step[1], waits)
        found |= {(before, row) for before in waits}
        row += 1
    return found


def wait(waiting, awaited, before):
    return Ordered(0, waiting, awaited, before)


def test_streams_that_never_waited_are_independent():
    assert edges((A, True), (B, False), (A, True)) == set()


def test_a_stream_that_waited_is_behind_what_it_waited_for_alone():
    assert edges((A, True), (C, True), wait(B, A[1], 2), (A, True), (B, False)) == {(0, 3)}


def test_what_waited_for_an_unknown_operation_stays_behind_it():
    assert edges((B, False), wait(A, B[1], 1), (A, True), (C, True)) == {(0, 1)}


def test_not_behind_what_was_launched_after_the_event():
    assert edges((B, False), wait(A, B[1], 0), (A, True)) == set()


def test_waits_add_up():
    assert edges((A, True), wait(B, A[1], 1), (B, True), wait(C, B[1], 2), (C, False)) == {(0, 2), (1, 2)}


def test_where_the_streams_are_not_told_any_may_have_waited_for_any():
    assert edges((A, True), (C, True), wait(None, None, 2), (B, False)) == {(0, 2), (1, 2)}


def test_each_operation_is_waited_for_once():
    first = [(A, True), wait(None, None, 1), (B, False)]
    assert edges(*first, (A, True), wait(None, None, 3), (B, False)) == {(0, 1), (1, 3), (2, 3)}


def test_orders_are_read_from_calls_and_from_what_cupti_says_of_them():
    calls = ["cudaEventRecord 10-12", "cudaStreamWaitEvent 30-32", "cudaFree 30-32", "cudaStreamSynchronize 50-60"]
    trace = literal("\n".join(f"call {call}" for call in calls))
    trace = replace(trace, calls=replace(trace.calls, correlation=np.array([1, 2, 3, 4])))
    launched_ns = np.array([5, 20, 40])
    said = {"start_ns": [31], "end_ns": [31], "kind": [SyncKind.STREAM_WAIT], "device": [0], "stream": [13]}
    said |= {"awaited_stream": [7], "awaited_correlation": [1], "process": [0], "correlation": [2]}
    host = [Ordered(30, None, None, 2), Ordered(50, None, None, 3)]
    assert orders_between_streams(trace, 0, launched_ns) == [host[0], Ordered(30, None, None, 2), host[1]]
    told = replace(trace, syncs=Syncs.of(said))
    assert orders_between_streams(told, 0, launched_ns) == [host[0], Ordered(30, (0, 13), 7, 1), host[1]]
    unsaid = replace(trace, syncs=Syncs.of({**said, "awaited_stream": [MISSING]}))
    assert orders_between_streams(unsaid, 0, launched_ns)[1].awaited is None


def pairs(edges):
    return {(before, after) for before, after, _ in edges}


class TestInPrograms:
    @pytest.mark.parametrize(
        "line",
        [
            "none : k",
            "?custom(x) : k",
            "??relu(x) -> z : k",
            "convert(sparse) : k",
            "convert(x, object) : k",
            "convert(1) : k",
        ],
    )
    def test_work_keeps_its_place_on_its_stream(self, line):
        found = run(f"""
            relu(x) -> a : k
            relu(x) -> b : k
            relu(x) -> c : k s13
            {line}
            relu(x) -> d : k s13
            relu(x) -> e : k
            relu(x) -> f : k
        """)
        assert found.edges == {(before, after, "UNKNOWN") for before, after in {(0, 3), (1, 3), (3, 5), (3, 6)}}
        assert found.dependencies.known.tolist() == [True, True, True, False, True, True, True]

    def test_a_tensor_that_is_not_there_hides_nothing(self):
        assert run("convert(x, undefined, None) -> a : k").dependencies.known.all()

    def test_each_keeps_the_order_since_the_last_one(self):
        assert pairs(
            run("""
            relu(x) -> a : k
            none : k
            relu(x) -> b : k
            none : k
            relu(x) -> c : k
        """).edges
        ) == {(0, 1), (1, 2), (1, 3), (2, 3), (3, 4)}

    @pytest.mark.parametrize("call", ["cudaStreamWaitEvent", "cudaDeviceSynchronize", "cudaFree"])
    def test_work_stays_behind_that_of_other_streams_where_it_may_have_had_to_wait(self, call):
        assert pairs(
            run(f"""
            relu(x) -> a : k
            call {call}
            relu(x) -> b : k
            none : k s13
            relu(x) -> c : k
            call {call}
            relu(x) -> d : k
        """).edges
        ) == {(0, 2), (2, 4)}
