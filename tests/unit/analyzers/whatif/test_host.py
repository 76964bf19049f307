"""The host's program: launches, its own time, and what it waits for."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.errors import TraceInconclusive, UsageError
from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.whatif.host import host_program
from gpu_trace_analyzers.whatif.recording_cost import RecordingCost, without_recording
from gpu_trace_analyzers.whatif.window import part
from literal import literal

BOTH = "range measured 0-1000; s7 k 100-400 @50-60; s8 d2h 420-500 @70-80 size=4000;"


def program(text, **options):
    return host_program(part(literal(text), "measured"), **options)


def test_a_window_ends_with_its_last_work_or_the_last_wait_for_it():
    assert part(literal(BOTH), "measured").window.ns == 500
    assert part(literal(BOTH + "call cudaDeviceSynchronize 90-520"), "measured").window.ns == 520


def test_time_in_which_the_host_waited_is_not_its_own():
    found = program(
        BOTH + "call cudaDeviceSynchronize 90-520; s7 k 600-700 @560-570; call cudaStreamSynchronize 580-710"
    )
    assert found.launched.tolist() == [0, 1, MISSING, 2, MISSING]
    assert found.own_ns.tolist() == [50, 70, 90, 90 + 20 + 40, 90 + 20 + 60]  # 20: to return after the copy had ended
    assert list(map(list, found.awaited)) == [[], [], [0, 1], [], [1, 2]]  # the second one waits for both streams
    assert found.total_own_ns == 90 + 20 + 60 + 10


def test_without_a_copy_to_the_host_a_wait_reads_nothing():
    text = "range measured 0-1000; k 100-400 @50-60; call cudaDeviceSynchronize 70-410; k 500-600 @420; " + (
        "call cudaDeviceSynchronize 430-610"
    )
    assert list(map(list, program(text).awaited)) == [[], [0], [], [1]]
    assert list(map(list, program(text, only_results=True).awaited)) == [
        [],
        [],
        [],
        [1],
    ]  # the last one ends the window


def test_a_wait_after_a_copy_to_the_host_stays_for_that_copy():
    text = (
        BOTH
        + "s7 k 430-600 @85-88; call cudaDeviceSynchronize 90-620;"
        + "s7 k 700-800 @650; call cudaDeviceSynchronize 660-810"
    )
    assert list(map(list, program(text, only_results=True).awaited)) == [[], [], [], [1], [], [1, 3]]


def test_a_copy_of_pageable_memory_is_awaited_by_its_own_launch():
    text = "range measured 0-1000; d2h 100-400 @50-410 pageable; k 500-600 @450"
    found = program(text)
    assert found.launched.tolist() == [0, MISSING, 1]
    assert list(map(list, found.awaited)) == [[], [0], []]
    assert found.own_ns.tolist() == [50, 50, 100]  # from the end of the copy on it is its own again
    assert program(text, only_results=True).awaited[1] == [0]


def test_a_free_that_did_not_wait_is_the_hosts_own_time():
    text = "range measured 0-1000; k 100-200 @50-60; call cudaFree 210-300; k 400-500 @310"
    assert program(text).launched.tolist() == [0, 1]
    waited = program("range measured 0-1000; k 100-200 @50-60; call cudaFree 70-300; k 400-500 @310")
    assert list(map(list, waited.awaited)) == [[], [0], []]
    assert waited.own_ns.tolist() == [50, 70, 70 + 110]


def test_recording_is_taken_off_where_operators_ran_and_never_all_of_it():
    operators = "op a 100-200; op b 150-180; op c 310-320;"
    text = "range measured 0-9000; k 400-500 @300; k 1000-1100 @320; k 1200-1300 @1000;" + operators
    chosen = part(literal(text), "measured")
    host = host_program(chosen)
    assert host.own_ns.tolist() == [300, 320, 1000]
    found = without_recording(chosen, host, RecordingCost(operator_ns=50))
    assert found.own_ns.tolist() == [200, 200 + 4, 204 + 680]  # two operators; one that is longer than it was; none
    assert found.total_own_ns == 884


def test_a_window_is_of_one_process_with_gpu_work():
    with pytest.raises(UsageError, match="no range is called 'other'"):
        part(literal(BOTH), "other")
    with pytest.raises(TraceInconclusive, match="empty launched no GPU work"):
        part(literal(BOTH + "range empty 600-700"), "empty")


def test_of_several_ranges_the_window_is_from_the_first_to_the_last():
    found = part(literal("range step 0-10; k 20-30 @5; range step 40-50; k 60-70 @45; k 80-90 @55"), "step")
    assert (found.window.start_ns, found.window.end_ns, found.window.operations) == (0, 70, 2)
