"""The host's program: launches, its own time, and what it waits for."""

from __future__ import annotations

import numpy as np
import pytest

from gpu_trace_analyzers.dependencies.edges import HostUses
from gpu_trace_analyzers.errors import TraceInconclusive, UsageError
from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.whatif.host import host_by_data, host_program
from gpu_trace_analyzers.whatif.recording_cost import RecordingCost, without_recording
from gpu_trace_analyzers.whatif.window import part
from known import measured, nothing_known
from literal import literal

BOTH = "range measured 0-1000; s7 k 100-400 @50-60; s8 d2h 420-500 @70-80 size=4000;"


def program(text):
    return host_program(part(literal(text), "measured"))


def by_data(text, uses=(), copied_again=()):
    """``uses``: (at, operation, whether it reads) of operators on the host."""
    chosen = part(literal(text), "measured")
    at_ns, operation, reads = np.array(uses, np.int64).reshape(-1, 3).T
    again = np.isin(np.arange(len(chosen.rows)), copied_again)
    known = nothing_known(chosen.rows, host_uses=HostUses(at_ns, operation, reads.astype(np.int8)), copied_again=again)
    return host_by_data(chosen, known)


def waits_of(host):
    return [(int(own), sorted(awaited)) for own, awaited in zip(host.own_ns, host.awaited, strict=True) if awaited]


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


def test_without_a_copy_to_the_host_a_wait_is_for_nothing():
    text = "range measured 0-1000; k 100-400 @50-60; call cudaDeviceSynchronize 70-410; k 500-600 @420;"
    text += "call cudaDeviceSynchronize 430-610"
    assert waits_of(program(text)) == [(70, [0]), (100, [1])]
    assert waits_of(by_data(text)) == [(100, [1])]  # the last one is the end of what is timed


COPIED = BOTH + "call cudaDeviceSynchronize 90-520; s7 k 600-700 @560; call cudaDeviceSynchronize 580-710"


def test_a_wait_stays_for_a_copy_to_the_host_that_any_code_may_read():
    assert waits_of(by_data(COPIED)) == [(90, [1]), (170, [1, 2])]


def test_an_operator_that_reads_the_copy_waits_in_place_of_the_call():
    assert waits_of(by_data(COPIED, uses=[(570, 1, 1)])) == [(160, [1]), (170, [1, 2])]
    read_before = by_data(COPIED, uses=[(80, 1, 1)])  # so what the call waits for is for something else
    assert waits_of(read_before) == [(80, [1]), (90, [1]), (170, [1, 2])]


def test_an_operator_that_overwrites_what_is_copied_waits_for_the_copy():
    text = "range measured 0-1000; h2d 100-400 @50-60; call cudaDeviceSynchronize 70-410; h2d 500-600 @420;"
    assert waits_of(by_data(text)) == []
    assert waits_of(by_data(text, uses=[(415, 0, 0)])) == [(85, [0])]


def test_memory_that_is_copied_again_may_have_been_filled_by_any_code():
    text = "range measured 0-1000; h2d 100-400 @50-60; call cudaDeviceSynchronize 70-410; h2d 500-600 @420;"
    assert waits_of(by_data(text, copied_again=[0])) == [(70, [0])]


def test_a_copy_of_pageable_memory_is_awaited_by_its_own_launch():
    text = "range measured 0-1000; d2h 100-400 @50-410 pageable; k 500-600 @450"
    found = program(text)
    assert found.launched.tolist() == [0, MISSING, 1]
    assert list(map(list, found.awaited)) == [[], [0], []]
    assert found.own_ns.tolist() == [50, 50, 100]  # from the end of the copy on it is its own again
    assert waits_of(by_data(text)) == [(50, [0])]


def test_by_data_too_the_host_waits_in_calls_that_free_memory():
    text = "range measured 0-1000; k 100-200 @50-60; call cudaFree 70-300; k 400-500 @310"
    assert waits_of(by_data(text)) == [(70, [0])]
    assert waits_of(by_data(text.replace("cudaFree", "cudaDeviceSynchronize"))) == []


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


COMPUTED = "range measured 0-9000; op sub_ 100-400; k 1000-1100 @500; call cudaDeviceSynchronize 600-1200"


def test_what_the_host_computes_is_slower_or_faster_by_itself():
    found = host_program(measured(COMPUTED))
    assert (found.own_ns.tolist(), found.computed_ns.tolist()) == ([500_000, 600_000], [300_000] * 2)
    assert (found.total_own_ns, found.total_computed_ns) == (700_000, 300_000)
    faster = found.scaled(0.5)  # to launch
    assert (faster.own_ns.tolist(), faster.total_own_ns) == ([400_000, 450_000], 500_000)
    slower = found.scaled(1, 1.5)  # to compute
    assert (slower.own_ns.tolist(), slower.total_own_ns) == ([650_000, 750_000], 850_000)
    assert (slower.computed_ns.tolist(), slower.total_computed_ns) == ([450_000] * 2, 450_000)
    assert slower.scaled(1, 2 / 3).own_ns.tolist() == found.own_ns.tolist()


def test_an_operator_that_waits_for_the_device_does_not_compute_meanwhile():
    found = host_program(measured("range measured 0-9000; k 50-700 @10; op mul 100-300 t2; call cudaFree 60-400"))
    assert found.total_computed_ns == 0  # the whole of it lies in the wait
    beside = "range measured 0-9000; k 50-300 @10; op mul 100-400 t2; call cudaStreamSynchronize 60-310; k 500-600 @450"
    assert host_program(measured(beside)).total_computed_ns == 100_000  # after the kernel had ended


def test_recording_is_never_taken_off_what_the_host_computes():
    chosen = measured(COMPUTED)
    found = without_recording(chosen, host_program(chosen), RecordingCost(operator_ns=10**9))
    assert found.own_ns.tolist() == [300_000 + 40_000, 340_000 + 100_000]  # a fifth of the first 200 us is left


def test_a_window_is_of_one_process_with_gpu_work():
    with pytest.raises(UsageError, match="no range is called 'other'"):
        part(literal(BOTH), "other")
    with pytest.raises(TraceInconclusive, match="empty launched no GPU work"):
        part(literal(BOTH + "range empty 600-700"), "empty")


def test_of_several_ranges_the_window_is_from_the_first_to_the_last():
    found = part(literal("range step 0-10; k 20-30 @5; range step 40-50; k 60-70 @45; k 80-90 @55"), "step")
    assert (found.window.start_ns, found.window.end_ns, found.window.operations) == (0, 70, 2)


def test_overhead_of_the_profiler_is_taken_off_but_for_the_time_in_which_the_host_waited():
    text = "range measured 0-900; k 100-400 @50; call cudaDeviceSynchronize 70-410; k 500-600 @450; k 700-800 @650"
    chosen = part(literal(text + "; overhead 100-420; overhead 500-600"), "measured")
    host = host_program(chosen)
    assert host.own_ns.tolist() == [50, 70, 450 - 330, 650 - 330]
    assert without_recording(chosen, host, RecordingCost()).own_ns.tolist() == [50, 70, 120 - 20, 320 - 20 - 100]


def test_ranges_without_a_length_are_no_part_of_the_window():
    chosen = part(literal("range a 0-10; range a 900-900; k 20-30 @5; k 520-530 @500"), "a")
    assert (chosen.window.operations, chosen.window.end_ns) == (1, 30)
