"""The recording as the model sees it gives back the time that it took."""

from __future__ import annotations

from gpu_trace_analyzers.whatif.on_streams import stream_of_each
from gpu_trace_analyzers.whatif.pace import USUAL_GAP_NS, USUAL_LATENCY_NS, pace
from gpu_trace_analyzers.whatif.replay import backlog, recorded_plan
from gpu_trace_analyzers.whatif.schedule import schedule
from gpu_trace_analyzers.whatif.servers import engine_of_each
from gpu_trace_analyzers.whatif.window import part
from literal import literal, microseconds


def measured(*statements):
    """Times in µs."""
    text = "; ".join(["range measured 0-100000", *statements])
    return part(literal(microseconds(text)), "measured")


def test_the_pace_is_what_the_trace_shows():
    # The first two find their stream idle 8 and 10 us after their launch, the rest are queued 2 us behind another.
    chosen = measured("k 108-200 @100", "k 410-600 @400", "k 602-900 @410", "k 902-1000 @420")
    found = pace(chosen)
    assert set(found.latency_ns.tolist()) == {9_000}
    assert set(found.gap_ns.tolist()) == {2_000}


def test_where_the_trace_shows_none_the_pace_is_the_usual():
    found = pace(measured("k 208-300 @100"))
    assert (found.latency_ns.tolist(), found.gap_ns.tolist()) == ([USUAL_LATENCY_NS], [USUAL_GAP_NS])


def test_a_stream_that_waited_for_another_one_waits_in_the_replay():
    chosen = measured("s7 k 110-500 @100", "s8 d2h 503-600 @120 size=4", "call cudaDeviceSynchronize 130-610")
    plan = recorded_plan(chosen)
    assert list(map(list, plan.before)) == [[], [0]]
    assert schedule(plan).total_ns == 610_000 - 3_000  # but for the start of the copy, three behind its event


def test_streams_that_started_as_they_were_launched_do_not_wait():
    chosen = measured("s7 k 110-500 @100", "s8 d2h 130-600 @120 size=4")
    assert list(map(list, recorded_plan(chosen).before)) == [[], []]
    assert stream_of_each(chosen).tolist() == [0, 1]


def test_what_was_launched_before_the_window_keeps_its_stream_busy():
    text = "k 20-300 @10; range measured 100-900; k 302-400 @110; k 402-500 @120"
    plan = recorded_plan(part(literal(microseconds(text)), "measured"))
    assert dict(plan.free_ns) == {0: 200_000}
    assert schedule(plan).start_ns.tolist() == [202_000, 302_000]


def test_what_was_launched_before_the_window_and_starts_in_it_keeps_its_stream_busy_too():
    text = "k 20-300 @10; k 302-400 @20; range measured 100-900; k 402-500 @110; k 502-600 @120"
    plan = recorded_plan(part(literal(microseconds(text)), "measured"))
    assert dict(plan.free_ns) == {0: 300_000}
    assert schedule(plan).start_ns.tolist() == [302_000, 402_000]


def test_what_ended_before_the_window_keeps_no_stream_busy():
    text = "k 20-100 @10; range measured 100-900; k 302-400 @110"
    assert dict(recorded_plan(part(literal(microseconds(text)), "measured")).free_ns) == {}


def test_an_engine_is_busy_as_long_as_any_stream_was_with_it():
    text = "s7 k 20-400 @10; s8 k 30-300 @11; s9 h2d 30-600 @12; range measured 100-900; k 402-500 @110"
    chosen = part(literal(microseconds(text)), "measured")
    assert dict(backlog(chosen, engine_of_each(chosen))) == {0: 300_000}


def test_gaps_are_those_between_operations_that_were_queued():
    late = measured("k 108-200 @100", "k 202-300 @101", "k 350-400 @102")  # the last one waited for something else
    assert set(pace(late).gap_ns.tolist()) == {2_000}
    overlapping = measured("k 108-200 @100", "k 199-300 @101", "k 302-400 @102")
    assert set(pace(overlapping).gap_ns.tolist()) == {2_000}


def test_what_is_before_on_a_stream_is_of_the_same_device():
    chosen = measured("k 108-200 @100", "gpu1 k 109-200 @101", "k 203-300 @102", "gpu1 k 203-300 @103")
    assert set(pace(chosen).gap_ns.tolist()) == {3_000}
