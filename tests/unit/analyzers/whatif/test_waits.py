"""For which operations calls of the host waited."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.whatif.waits import waits
from gpu_trace_analyzers.whatif.window import part
from literal import literal


def waited(text):
    """(call, operation) by name of the call and place of the operation in the order of the launches."""
    chosen = part(literal("range measured 0-1000;" + text), "measured")
    found, trace = waits(chosen), chosen.trace
    calls = [trace.text(code) for code in trace.calls.name[found.call].tolist()]
    return list(zip(calls, found.operation.tolist(), strict=True))


ALL, STREAM, FREE = "cudaDeviceSynchronize", "cudaStreamSynchronize", "cudaFree"


def test_a_call_waits_for_the_last_of_each_stream_and_the_last_copy_to_the_host_before_it():
    assert waited("k 100-200 @10; k 200-400 @20; s8 k 100-300 @30; call cudaDeviceSynchronize 40-410") == [
        (ALL, 1),
        (ALL, 2),
    ]
    assert waited("d2h 100-150 @10; k 160-400 @20; call cudaStreamSynchronize 30-410") == [(STREAM, 0), (STREAM, 1)]


def test_what_is_launched_as_the_call_begins_or_later_is_not_waited_for():
    for launch in (50, 60):
        assert waited(f"k 10-45 @5; k 100-400 @{launch} t2; call cudaStreamSynchronize 50-410") == [(STREAM, 0)]


@pytest.mark.parametrize(("begin", "found"), [(199, [(FREE, 0)]), (200, [])])
def test_a_free_waits_for_what_has_not_ended_when_it_begins(begin, found):
    assert waited(f"k 100-200 @50; call cudaFree {begin}-300; k 400-500 @310") == found


def test_an_event_of_an_unknown_stream_is_of_work_that_ended_during_the_call():
    text = "s7 k 100-200 @10; s8 k 100-500 @20; call cudaEventSynchronize 300-510; k 600-700 @520"
    assert waited(text) == [("cudaEventSynchronize", 1)]


@pytest.mark.parametrize(("end", "blocked"), [(400, True), (399, False)])
def test_a_copy_that_has_ended_when_its_launch_returns_blocked_it(end, blocked):
    assert bool(waited(f"d2h 100-400 @50-{end} pageable; k 500-600 @450")) == blocked
