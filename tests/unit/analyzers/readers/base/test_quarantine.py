"""Times that cannot be true: set aside, listed, counted, and without influence on what is kept."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.engines import default_rules
from gpu_trace_analyzers.model import Doubt
from gpu_trace_analyzers.readers import kineto
from kineto_text import InMemory

KERNEL = '{"ph": "X", "cat": "kernel", "name": "%s", "pid": 0, "tid": 7, "ts": %s, "dur": %s, "args": {"stream": 7}}'


def read(*events: tuple[str, str, str]):
    text = "[" + ",".join(KERNEL % event for event in events) + "]"
    trace = kineto.read(InMemory(content=text.encode()), default_rules(), operators=False)
    trace.check()
    return trace


GOOD = [("good", f"4555785412{number}.001", "2.500") for number in range(100, 110)]
BAD = [
    ("4555785412105.000", "-1.000", "negative duration"),
    ("4555785412105.000", "86400000000.001", "longer than a day"),
    ("0.000", "3.000", "more than a day from most events"),
    ("1790857026000000.000", "3.000", "more than a day from most events"),
    ("4555785412105.000", "0.000", "work of no length"),
]


@pytest.mark.parametrize(("start", "duration", "reason"), BAD)
def test_an_event_that_cannot_be_true_is_set_aside(start, duration, reason):
    trace = read(*GOOD[:5], ("bad", start, duration), *GOOD[5:])
    assert {trace.text(code) for code in trace.work.name} == {"good"}
    assert len(trace.work) == len(GOOD)
    assert [(event.name, event.reason) for event in trace.source.quarantined] == [("bad", reason)]
    assert trace.source.dropped == {f"quarantined: {reason}": 1}


def test_work_of_no_length_alone_leaves_no_doubt_of_its_device():
    trace = read(*GOOD, ("bad", "4555785412105.000", "-1.000"), ("bad", "4555785412105.000", "0.000"))
    assert trace.source.doubts == (Doubt(0, "negative duration", 1),)


def test_short_work_on_a_clock_of_microseconds_is_work():
    trace = read(("short", "1000", "0"), ("long", "1001", "5"))
    assert len(trace.work) == 2


def test_no_length_and_too_far_away_is_one_event():
    trace = read(*GOOD, ("bad", "0.000", "0.000"))
    assert trace.source.dropped == {"quarantined: more than a day from most events": 1}
    assert [event.reason for event in trace.source.quarantined] == ["more than a day from most events"]


def test_all_are_counted_and_the_first_thousand_listed():
    trace = read(*GOOD, *[("bad", "4555785412105.000", "-1.000")] * 1500)
    assert trace.source.dropped == {"quarantined: negative duration": 1500}
    assert len(trace.source.quarantined) == 1000
