"""What recording added to the host is what the trace states of the process."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gpu_trace_analyzers.source import RecordedDependencies
from gpu_trace_analyzers.whatif.recording_cost import RecordingCost, stated_cost
from gpu_trace_analyzers.whatif.window import part
from literal import literal

MISSING = -1


def chosen(*stated):
    trace = literal("range a 10-20; k 15-90 @12")
    return part(replace(trace, source=replace(trace.source, dependencies=stated)), "a")


@pytest.mark.parametrize(
    ("operator_ns", "call_ns", "cost"),
    [(7, 3, RecordingCost(7, 3)), (7, MISSING, RecordingCost(7, 0)), (MISSING, MISSING, RecordingCost())],
)
def test_of_its_own_process(operator_ns, call_ns, cost):
    pid = literal("range a 10-20; k 15-90 @12").processes[0].pid
    other = RecordedDependencies(pid + 1, 9, 100, 100, 100)
    assert stated_cost(chosen(other, RecordedDependencies(pid, 9, operator_ns, call_ns, MISSING))) == cost
    assert stated_cost(chosen(other)) == RecordingCost()


def test_nothing_where_nothing_is_stated():
    assert stated_cost(chosen()) == RecordingCost()
