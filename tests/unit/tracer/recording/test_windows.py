"""When the sessions of a process recorded: by their notes, and by what is in their rows."""

from __future__ import annotations

import numpy as np
import pytest

from gpu_trace.cupti_recording.records import RECORD, ActivityKind, RecordedActivities
from gpu_trace.recording import windows
from gpu_trace.recording.kineto_text import KinetoText
from gpu_trace.recording.notes import Notes

BASE = 1_790_857_026_000_000_000
NOTES = Notes(f"recorded_from\t0 {BASE + 100}\nrecorded_to\t0 {BASE + 900}\nrecorded_from\t1 {BASE + 2000}")
HEAD = b'{"schemaVersion": 1, "baseTimeNanoseconds": %d,\n' % BASE
ONE_LINE = b"""{
    "ph": "X", "cat": "Trace", "ts": %b, "dur": %b,
    "pid": "Spans", "tid": "PyTorch Profiler",
    "name": "PyTorch Profiler (0)",
    "args": {}
  }"""
A_LINE_EACH = b"""{
    "ph": "X",
    "cat": "Trace",
    "name": "PyTorch Profiler (0)",
    "pid": "Spans",
    "tid": "PyTorch Profiler",
    "ts": %b,
    "dur": %b,
    "args": {}
  }"""


def kineto(span: bytes = b"") -> KinetoText:
    return KinetoText(HEAD, b'{"ph": "X", "name": "a", "ts": 0.001, "dur": 9.000}' + span)


def own(*times: tuple[int, int]) -> RecordedActivities:
    records = np.zeros(len(times), RECORD)
    for row, (start, end) in enumerate(times):
        records[row]["kind"], records[row]["start_ns"], records[row]["end_ns"] = ActivityKind.MEMCPY, start, end
    return RecordedActivities(records, {})


def test_a_session_lasts_from_its_begin_until_it_is_stopped():
    assert windows.window_of(0, NOTES, kineto(), None) == (BASE + 100, BASE + 900)


def test_work_that_ends_after_the_call_that_stops_it_is_inside():
    assert windows.window_of(0, NOTES, kineto(), own((BASE + 300, BASE + 1_200))) == (BASE + 100, BASE + 1_200)
    assert windows.window_of(0, NOTES, kineto(), own((BASE + 300, BASE + 400))) == (BASE + 100, BASE + 900)
    assert windows.window_of(0, NOTES, kineto(), own((BASE + 90, BASE + 400))) == (BASE + 100 - 10, BASE + 900)


@pytest.mark.parametrize("layout", [ONE_LINE, A_LINE_EACH])
def test_kineto_says_how_long_it_recorded(layout):
    assert windows.window_of(0, NOTES, kineto(layout % (b"0.099", b"0.950")), None) == (BASE + 99, BASE + 1049)


def test_what_has_no_time_on_our_clock_does_not_count():
    """Calls that CUPTI noted before our library had it count ticks since the machine started."""
    found = windows.window_of(0, NOTES, kineto(), own((5, 6), (BASE + 300, BASE + 400)))
    assert found == (BASE + 100, BASE + 900)
    assert windows.window_of(0, NOTES, kineto(), own((5, 6))) == (BASE + 100, BASE + 900)


def test_a_killed_process_recorded_up_to_its_last_record():
    assert windows.window_of(1, NOTES, kineto(), own((BASE + 2100, BASE + 2200))) == (BASE + 2000, BASE + 2200)
    assert windows.window_of(1, NOTES, kineto(), own((5, 6))) is None


def test_a_session_that_does_not_say_when_it_began_has_no_window():
    assert windows.window_of(2, NOTES, kineto(), own((BASE, BASE + 1))) is None


def test_one_window_that_holds_all_needs_no_saying():
    assert not windows.needs_saying([], [3])
    assert not windows.needs_saying([(1, 9)], [1, 9])
    assert not windows.needs_saying([(1, 9)], [])
    assert windows.needs_saying([(1, 9)], [5, 10])
    assert windows.needs_saying([(1, 9)], [0, 5])
    assert windows.needs_saying([(1, 9), (11, 12)], [])
