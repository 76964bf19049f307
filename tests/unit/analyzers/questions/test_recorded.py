"""What was not recorded is not idle: cutting a hole out of a recording takes time away, and never adds any."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from gpu_trace_analyzers.intervals import Intervals
from gpu_trace_analyzers.model import Windows
from gpu_trace_analyzers.questions.causes import causes
from gpu_trace_analyzers.questions.idle import idle_causes
from gpu_trace_analyzers.questions.overlap import active_devices, device_figures
from gpu_trace_analyzers.questions.recorded import recorded
from gpu_trace_analyzers.questions.scope import Scope, Window
from gpu_trace_analyzers.readers import load
from literal import literal
from strategies import traces, windows


def with_hole(trace, hole):
    """The trace as a recording that paused from one instant to another would have it."""
    times = [table for table in trace.tables().values() if len(table)]
    first = min((table.start_ns.min() for table in times), default=0)
    last = max((table.end_ns.max() for table in times), default=0)
    left = Intervals.from_pairs([(int(first), int(last))]) - Intervals.from_pairs([hole])
    tables = {
        name: table[(table.end_ns <= hole[0]) | (table.start_ns >= hole[1])] for name, table in trace.tables().items()
    }
    rows = {"start_ns": left.start_ns, "end_ns": left.end_ns}
    return replace(trace, **tables | {"windows": Windows.of(rows)})


@given(traces(), windows)
def test_a_hole_never_adds_idle_time_or_exposed_copies(trace, hole):
    cut = with_hole(trace, hole)
    for device in active_devices(cut):
        before, after = device_figures(Scope(trace), device), device_figures(Scope(cut), device)
        gone = trace.work_of(device)
        gone = gone[(gone.end_ns > hole[0]) & (gone.start_ns < hole[1])]
        # What ran across an edge of the hole is gone as a whole, and with it what it hid or kept busy outside.
        outside = (Intervals.of(gone.start_ns, gone.end_ns) - Intervals.from_pairs([hole])).total_ns
        assert after.idle_ns <= before.idle_ns + outside
        assert after.exposed_copy_ns <= before.exposed_copy_ns + outside
        assert after.span_ns <= before.span_ns
        assert after.busy_ns + after.idle_ns == after.span_ns


@given(traces(), windows)
def test_causes_add_up_inside_the_windows(trace, hole):
    cut = with_hole(trace, hole)
    for device in active_devices(cut):
        found = device_figures(Scope(cut), device)
        assert sum(row.ns for row in idle_causes(Scope(cut)) if row.device == device) == found.idle_ns
        assert sum(row.ns for row in causes(Scope(cut)) if row.device == device) == found.exposed_copy_ns


@pytest.mark.parametrize("name", ["seed_nonblocking", "two_streams", "ddp_rank0", "mlp_overlap"])
def test_a_hole_in_a_recorded_trace_adds_no_idle_time(name, recorded):
    trace = load(recorded(name))
    ends = np.sort(trace.work.end_ns)
    hole = int(ends[len(ends) // 3]), int(ends[len(ends) // 2])
    cut = with_hole(trace, hole)
    for device in active_devices(cut):
        longest = int((trace.work.end_ns - trace.work.start_ns).max())
        assert device_figures(Scope(cut), device).idle_ns <= device_figures(Scope(trace), device).idle_ns + 2 * longest
        assert device_figures(Scope(cut), device).unrecorded_ns >= hole[1] - hole[0]


def test_a_device_is_recorded_from_its_first_operation_to_its_last_in_each_window():
    trace = literal("k 10-20; k 30-40; k 110-120")
    trace = replace(trace, windows=Windows.of({"start_ns": [0, 100], "end_ns": [50, 200], "process": [0, 0]}))
    assert list(recorded(Scope(trace), 0)) == [(10, 40), (110, 120)]
    found = device_figures(Scope(trace), 0)
    assert (found.span_ns, found.idle_ns, found.unrecorded_ns) == (40, 10, 70)


def test_compute_of_another_window_is_none_to_hide_behind():
    trace = literal("k 0-10; s9 d2h 10-20; k 110-120")
    trace = replace(trace, windows=Windows.of({"start_ns": [0, 100], "end_ns": [50, 200], "process": [0, 0]}))
    assert [row.cause for row in causes(Scope(trace))] == ["no_compute_left"]


def test_windows_of_other_processes_are_not_those_of_a_device():
    trace = literal("k 10-20; k 110-120")
    rows = {"start_ns": [0, 0, 100], "end_ns": [50, 300, 200], "process": [0, 1, 0]}
    trace = replace(trace, processes=trace.processes * 2, windows=Windows.of(rows))
    assert list(recorded(Scope(trace), 0)) == [(10, 20), (110, 120)]


def test_of_a_window_that_is_asked_for_the_part_that_was_recorded_counts():
    trace = literal("k 10-20; k 30-40; k 110-120")
    trace = replace(trace, windows=Windows.of({"start_ns": [0, 100], "end_ns": [50, 200], "process": [0, 0]}))
    assert list(recorded(Scope(trace, window=Window(15, 130)), 0)) == [(15, 50), (100, 130)]
    assert list(recorded(Scope(literal("k 10-20"), window=Window(15, 130)), 0)) == [(15, 130)]


def test_work_that_runs_as_a_window_begins_is_of_that_window():
    trace = literal("k 10-20; k 100-120")
    trace = replace(trace, windows=Windows.of({"start_ns": [0, 100], "end_ns": [50, 200], "process": [0, 0]}))
    assert list(recorded(Scope(trace), 0)) == [(10, 20), (100, 120)]
