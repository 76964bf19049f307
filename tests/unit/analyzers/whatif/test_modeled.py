"""A view of a recording: what it gives back for the recording, and what it keeps of it without its waits."""

from __future__ import annotations

import numpy as np
import pytest

from gpu_trace_analyzers.whatif.expected import expected_plan
from known import in_us, measured, model

ONE_STREAM = """
range measured 0-1000
k 11-111 @1; d2h 112-162 @2; k 163-263 @3; d2h 264-314 @4
call cudaDeviceSynchronize 5-320
"""


def test_the_recording_takes_as_long_again():
    found = model(ONE_STREAM, (0, 1), (2, 3))
    assert in_us(found.times(found.recorded)) == ([11, 112, 163, 264], 320)


def test_with_engines_in_place_of_streams_a_copy_runs_beside_the_next_kernel():
    found = model(ONE_STREAM, (0, 1), (2, 3))
    # The second kernel follows 1 us behind the first; the host returns 6 us after the last copy, as it did.
    assert in_us(found.times(expected_plan(found))) == ([11, 111, 112, 212], 212 + 50 + 6)


def test_each_true_dependency_that_is_in_the_way_costs_its_time():
    found = model(ONE_STREAM, (0, 1), (1, 2), (2, 3))
    assert in_us(found.times(expected_plan(found))) == ([11, 111, 161, 261], 261 + 50 + 6)


def test_operations_that_slowed_each_other_down_are_faster_alone_and_as_slow_again():
    chosen = measured("range measured 0-1000; s7 k 11-131 @1; s8 h2d 12-72 @2; call cudaDeviceSynchronize 5-137")
    found = model(chosen, slowdown={0: np.array([1, 1.2]), 1: np.array([1.5, 1])})
    assert found.recorded.duration_ns.tolist() == [60_000 + 60_000 / 1.5, 60_000 / 1.2]
    assert found.times(found.recorded).total_ns == pytest.approx(137_000, abs=1)


def test_an_order_that_a_wait_of_the_host_kept_is_kept_by_the_dependency():
    text = "range measured 0-900; s7 k 11-111 @1; call cudaDeviceSynchronize 5-115; s8 d2h 127-177 @117 size=4000"
    text += "; call cudaDeviceSynchronize 120-180"
    needed, free = model(text, (0, 1)), model(text)
    assert list(map(list, needed.recorded.before)) == [[], [0]]
    assert needed.host_by_data.awaited == free.host_by_data.awaited == [[], [], [0, 1]]
    assert in_us(needed.times(expected_plan(needed))) == ([11, 111], 111 + 50 + 3)
    assert in_us(free.times(expected_plan(free))) == ([11, 21], 111 + 3)  # 11 us of the host's own, and 10 to start


def test_a_wait_between_streams_that_the_data_does_not_need_is_of_the_recording_alone():
    found = model("range measured 0-900; s7 k 11-111 @1; s8 d2h 112-162 @2")
    assert list(map(list, found.recorded.before)) == [[], [0]]
    assert list(map(list, expected_plan(found).before)) == [[], []]
