from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.questions.idle import IDLE_RULES, explain_idle, idle_causes
from gpu_trace_analyzers.questions.overlap import active_devices, device_figures
from gpu_trace_analyzers.questions.sweep import Window
from literal import literal
from strategies import traces, windows

LITERAL = {
    "profiler": "s7 k 0-10 @1; overhead 12-28; s7 k 30-40 @29",
    "lost_kernels": "s7 k 0-10 @1; call cudaLaunchKernel 3-4; s7 k 30-40 @5",
    "host_synchronised": "s7 k 0-10 @1; call cudaDeviceSynchronize 4-25; s7 k 30-40 @28",
    "host_allocated": "s7 k 0-10 @1; call cudaMalloc 4-25; s7 k 30-40 @28",
    "launched_late": "s7 k 0-10 @1; s7 k 30-40 @28",
    "other_device": "s7 k 0-10 @1; gpu1 s9 k 0-29 @2; call cudaStreamWaitEvent 3-4; s7 k 30-40 @5",
    "start_up": "s7 k 0-10 @1; s7 k 30-40 @2",
    "unknown": "s7 k 0-10; s7 k 30-40",
}


@pytest.mark.parametrize("cause", LITERAL)
def test_the_rule_holds(cause):
    rows = [row for row in idle_causes(literal(LITERAL[cause])) if row.device == 0]
    assert [(row.cause, row.ns, row.count) for row in rows] == [(cause, 20, 1)]


def test_queued_work_that_waits_longer_than_a_start_takes_waited_for_an_event():
    trace = literal("s7 k 0-10 @1; call cudaStreamWaitEvent 2-3; s7 k 30000-30040 @4")
    assert [row.cause for row in idle_causes(trace)] == ["event"]


def test_head_and_tail_of_a_window():
    trace = literal("s7 k 10-20 @1")
    rows = idle_causes(trace, Window(0, 25))
    assert [(row.cause, row.ns, row.count) for row in rows] == [("head_or_tail", 15, 2)]


def test_a_cpu_is_idle_when_no_operator_runs():
    rows = idle_causes(literal("s1 k 0-10; s1 k 30-40", kind="cpu"))
    assert [(row.cause, row.ns) for row in rows] == [("no_operator", 20)]


def test_every_rule_has_a_test():
    assert {rule.cause for rule in IDLE_RULES} == LITERAL.keys() - {"unknown"} | {"event", "head_or_tail"}


@given(traces(), st.none() | windows)
def test_causes_sum_to_the_idle_time_exactly(trace, pair):
    window = Window(*pair) if pair else None
    rows = idle_causes(trace, window)
    for device in active_devices(trace):
        idle = device_figures(trace, device, window=window).idle_ns
        assert sum(row.ns for row in rows if row.device == device) == idle
        assert (explain_idle(trace, device, window).stretches.ns > 0).all()
