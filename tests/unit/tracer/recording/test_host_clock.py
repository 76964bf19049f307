"""What the clock of the machine did while a script was recorded."""

from __future__ import annotations

import ctypes
import time
from dataclasses import replace

import pytest

from gpu_trace.recording import host_clock
from gpu_trace.recording.host_clock import Clock, ClockReading

BEGAN = ClockReading(10**18, 500, 40, True, 3_000_000)


def clock(*, realtime_ns: int, monotonic_ns: int) -> Clock:
    return Clock(BEGAN, replace(BEGAN, realtime_ns=10**18 + realtime_ns, monotonic_ns=500 + monotonic_ns))


def test_both_clocks_are_read_at_one_instant():
    before_ns = time.time_ns()
    found = host_clock.read()
    assert before_ns <= found.realtime_ns <= time.time_ns()
    assert 0 <= found.within_ns < 10**8
    assert abs((found.realtime_ns - found.monotonic_ns) - (time.time_ns() - time.monotonic_ns())) < 10**8


@pytest.mark.parametrize(
    ("realtime_ns", "set_by_ns", "sentence"),
    [
        (7_000_000_000, 0, ""),
        (7_000_000_080, 0, ""),  # as far apart as the two readings may be
        (7_000_000_081, 81, ""),  # and one more, which no figure minds
        (8_500_000_000, 1_500_000_000, "set forward by 1.500 s"),
        (6_998_000_000, -2_000_000, "set back by 0.002 s"),
    ],
)
def test_a_clock_that_was_set_is_told_from_time_that_passed(realtime_ns, set_by_ns, sentence):
    found = clock(realtime_ns=realtime_ns, monotonic_ns=7_000_000_000)
    assert (found.wall_ns, found.set_by_ns) == (7_000_000_000, set_by_ns)
    assert len(found.lost) == (sentence != "")
    assert sentence in "".join(found.lost)
    assert found.in_run_json["set_by_ns"] == set_by_ns


@pytest.mark.parametrize(
    ("answer", "status", "trust"),
    [(0, 0, (True, 2_500_000)), (5, 0x40, (False, None)), (-1, 0, (None, None))],
    ids=["kept", "kept by nothing", "forbidden"],
)
def test_what_the_kernel_knows_of_its_clock(answer, status, trust, monkeypatch):
    class Library:
        @staticmethod
        def adjtimex(state: object) -> int:
            timex = state._obj
            assert timex.modes == 0
            timex.maxerror, timex.status = 2500, status
            return answer

    monkeypatch.setattr(ctypes, "CDLL", lambda _: Library)
    found = host_clock.read()
    assert (found.synchronized, found.max_error_ns) == trust
