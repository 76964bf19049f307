"""The window begins when the host begins it, and ends with the last device work or wait of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gpu_trace_analyzers.errors import TraceInconclusive, UsageError
from gpu_trace_analyzers.whatif.window import part
from literal import literal

EPOCH = 4_682_575 * 10**9


def window(text, range_name=None):
    found = part(literal(text), range_name).window
    return found.name, found.start_ns, found.end_ns, found.operations


def test_a_range_ends_with_its_last_work_wherever_the_host_is():
    assert window("range a 10-20; k 15-90 @12; k 91-95 @30", "a") == ("a", 10, 90, 1)


def test_or_with_its_last_wait():
    assert window("range a 10-200; k 15-90 @12; call cudaDeviceSynchronize 20-120", "a") == ("a", 10, 120, 1)


def test_a_wait_after_the_range_is_not_its_own():
    assert window("range a 10-18; k 15-90 @12; call cudaDeviceSynchronize 20-120", "a") == ("a", 10, 90, 1)


def test_several_ranges_of_a_name_are_one_window():
    assert window("range a 10-20; range a 40-50; k 15-30 @12; k 35-39 @30; k 45-60 @42", "a") == ("a", 10, 60, 3)


def test_without_steps_it_is_the_whole_recording_from_the_first_call():
    name, start_ns, end_ns, operations = window(
        f"call cudaMalloc {EPOCH}-{EPOCH + 1}; k {EPOCH + 9}-{EPOCH + 20} @{EPOCH + 5}"
    )
    assert (name, start_ns - EPOCH, end_ns - EPOCH, operations) == ("the whole recording", 0, 20, 1)


def test_a_range_that_is_not_there_is_refused():
    with pytest.raises(UsageError, match="no range is called 'b'; gpu-trace summary --verbose lists the ranges"):
        window("range a 10-20; k 15-30 @12", "b")


def test_a_range_without_gpu_work_is_inconclusive():
    with pytest.raises(TraceInconclusive, match="a launched no GPU work"):
        window("range a 10-20; k 15-30 @5", "a")


def test_a_window_of_several_processes_is_inconclusive_and_it_is_said_what_to_give():
    trace = literal("range a 10-20; range a 10-20; k 15-30 @12; k 31-40 @14")
    one, both = trace.processes[0], np.array([0, 1], np.int32)
    tables = {name: replace(trace.tables()[name], process=both) for name in ("work", "calls", "ranges")}
    with pytest.raises(TraceInconclusive, match="a launched work of 2 processes; give the trace file of one of them"):
        part(replace(trace, processes=(one, replace(one, pid=one.pid + 1)), **tables), "a")
