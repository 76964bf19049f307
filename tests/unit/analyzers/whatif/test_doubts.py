"""The three views of a recording, from the shortest likely time to the longest."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.model import Engine
from gpu_trace_analyzers.whatif.doubts import beliefs
from gpu_trace_analyzers.whatif.recording_cost import RecordingCost
from gpu_trace_analyzers.whatif.servers import server_of
from gpu_trace_analyzers.whatif.window import part
from literal import literal
from measured_gpus import on, use

COST = RecordingCost(operator_ns=10, call_ns=1)
TEXT = "range measured 0-99; k 10-50 @1 name=add; s8 h2d 10-20 @2 size=4096"
KERNELS, TO_DEVICE = server_of(0, Engine.COMPUTE), server_of(0, Engine.COPY_H2D)


def test_the_longest_time_is_likely_if_recording_cost_less_and_the_shortest_on_a_faster_host():
    low, expected, high = beliefs(part(literal(TEXT), "measured"), RecordingCost(1000, 50))
    assert (low.cost, expected.cost, high.cost) == (RecordingCost(1000, 50),) * 2 + (RecordingCost(800, 40),)
    assert (low.launching, expected.launching, high.launching) == (0.05, 1.0, 1.2)
    assert (low.computing, expected.computing, high.computing) == (0.85, 1.0, 1.15)


def test_factors_are_those_of_the_table_and_1_beside_nothing_else(monkeypatch):
    use(monkeypatch)
    views = beliefs(part(on(literal(TEXT)), "measured"), COST)
    # The kernel is like the elementwise or the reduction; the copy of 4096 bytes is measured beside the elementwise.
    assert [round(view.slowdown[TO_DEVICE][0], 9) for view in views] == [1.0, 1.3, 1.6]
    assert [view.slowdown[KERNELS][1] for view in views] == [1.5, 2.0, 2.5]
    assert {len(view.slowdown) for view in views} == {2}  # no other engine did anything


def test_operations_of_another_device_are_not_slowed_down():
    low, expected, high = beliefs(part(literal(TEXT + "; gpu1 h2d 10-20 @3 size=4096"), "measured"), COST)
    for view in (low, expected, high):
        assert view.slowdown[TO_DEVICE][2] == 1
        assert view.slowdown[server_of(1, Engine.COPY_H2D)][:2].tolist() == [1, 1]
    assert high.slowdown[KERNELS][1] > expected.slowdown[KERNELS][1] >= 1


def test_a_host_part_of_the_way_to_an_end_keeps_the_contention_of_that_end():
    low, expected, high = beliefs(part(literal(TEXT), "measured"), RecordingCost(1000, 50))
    half = high.nearer(expected, 0.5)
    assert (half.cost, half.launching, half.computing) == (RecordingCost(900, 45), 1.1, 1.075)
    assert half.slowdown is high.slowdown
    assert low.nearer(expected, 1).launching == pytest.approx(0.05)
    assert low.nearer(expected, 0).launching == 1
