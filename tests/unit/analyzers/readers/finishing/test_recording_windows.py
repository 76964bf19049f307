"""When a process was recorded shows in what its profiler recorded, not in what was observed beside that."""

from __future__ import annotations

from gpu_trace_analyzers.readers.finishing.recording_windows import with_windows
from literal import literal


def windows(text):
    found = with_windows(literal(text)).windows
    return list(zip(found.start_ns.tolist(), found.end_ns.tolist(), strict=True))


def test_the_window_is_from_the_first_event_to_the_last():
    assert windows("k 10-20; call cudaDeviceSynchronize 30-40; range step 5-15") == [(5, 40)]


def test_samples_before_and_after_the_recording_do_not_widen_it():
    assert windows("sample 0-10 f@a.py:1; k 10-20; sample 20-90 f@a.py:1") == [(10, 20)]


def test_values_before_and_after_the_recording_do_not_widen_it():
    assert windows("counter power 0-15 7 W gpu0; k 10-20; counter power 15-90 8 W gpu0") == [(10, 20)]


def test_a_trace_of_samples_alone_has_no_window():
    assert windows("sample 0-10 f@a.py:1") == []
