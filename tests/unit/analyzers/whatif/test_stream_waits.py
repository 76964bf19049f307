"""For which operations of other streams an operation waited in the recording. Times in µs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gpu_trace_analyzers.model import SyncKind, Syncs
from gpu_trace_analyzers.whatif.pace import pace
from gpu_trace_analyzers.whatif.stream_waits import waits_between_streams
from gpu_trace_analyzers.whatif.window import part
from literal import literal, microseconds


def waited(text, **event):
    """``event``: of a call cudaStreamWaitEvent, which CUPTI recorded."""
    trace = literal(microseconds("range measured 0-1000;" + text))
    if event:
        row = {"start_ns": 0, "end_ns": 0, "kind": SyncKind.STREAM_WAIT, "device": 0, "process": 0}
        row |= {"awaited_correlation": 10_000, "correlation": 10_000} | event
        trace = replace(trace, syncs=Syncs.of({name: [value] for name, value in row.items()}))
    chosen = part(trace, "measured")
    return [sorted(each) for each in waits_between_streams(chosen, pace(chosen))]


@pytest.mark.parametrize(("start", "found"), [(215, [[], [0]]), (216, [[], []])])
def test_one_that_starts_as_another_ends_has_waited_for_it(start, found):
    assert waited(f"s7 k 110-200 @100; s8 d2h {start}-300 @120") == found


@pytest.mark.parametrize(("launch", "found"), [(149, [[], [0]]), (151, [[], []])])
def test_one_that_starts_as_it_was_launched_has_not(launch, found):
    assert waited(f"s7 k 110-200 @100; s8 d2h 200-300 @{launch}") == found  # 50 us after it are too late


def test_one_whose_stream_explains_its_start_has_not():
    assert waited("s7 k 110-200 @100; s8 h2d 110-199 @101; s8 d2h 200-300 @102") == [[], [], []]


EVENT = "s7 k 110-200 @100; call cudaStreamWaitEvent 105-106; s8 d2h {start}-300 @120"


def test_an_event_of_a_known_stream_says_it_whatever_the_start():
    assert waited(EVENT.format(start=250)) == [[], []]
    assert waited(EVENT.format(start=250), stream=8, awaited_stream=7) == [[], [0]]
    assert waited(EVENT.format(start=250), stream=7, awaited_stream=8) == [[], []]


def test_what_an_event_said_is_not_said_twice():
    assert waited(EVENT.format(start=205), stream=8, awaited_stream=7) == [[], [0]]


def test_streams_of_two_devices_that_have_one_number_are_two():
    two = "s7 k 110-120 @100; gpu1 s7 k 110-200 @101; call cudaStreamWaitEvent 105-106; {last} 250-300 @120"
    assert waited(two.format(last="s8 d2h"), stream=8, awaited_stream=7) == [[], [], [0]]
    assert waited(two.format(last="gpu1 s8 d2h"), device=1, stream=8, awaited_stream=7) == [[], [], [1]]
    assert waited(two.format(last="gpu1 s7 k"), device=1, stream=7, awaited_stream=7) == [[], [], [0]]
    assert waited(two.format(last="s7 k"), stream=7, awaited_stream=7) == [[], [], [1]]


def test_a_stream_that_several_other_devices_have_is_not_known():
    three = "{first} k 110-120 @100; gpu1 s7 k 110-200 @101; call cudaStreamWaitEvent 105-106; s8 d2h 250-300 @120"
    assert waited(three.format(first="gpu2 s7"), stream=8, awaited_stream=7) == [[], [], []]
    assert waited(three.format(first="gpu2 s9"), stream=8, awaited_stream=7) == [[], [], [1]]
