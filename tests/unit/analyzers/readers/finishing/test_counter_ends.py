"""Until when each value of a counter stands."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.model import MISSING, Windows
from gpu_trace_analyzers.readers.finishing.counter_ends import with_counter_ends
from literal import literal
from strategies import HORIZON_NS, stretches, traces


def ended(text, windows=((0, 100),)):
    times = {"start_ns": [a for a, _ in windows], "end_ns": [b for _, b in windows], "process": [0] * len(windows)}
    counters = with_counter_ends(replace(literal(text), windows=Windows.of(times))).counters
    return list(zip(counters.start_ns.tolist(), counters.end_ns.tolist(), counters.value.tolist(), strict=True))


def test_a_value_stands_until_the_next_of_its_counter():
    assert ended("counter clock 10-10 5 gpu0; counter clock 30-30 6 gpu0") == [(10, 30, 5), (30, 100, 6)]


def test_another_name_unit_device_or_process_is_another_counter():
    for other in ("counter power 30-30 6 gpu0", "counter clock 30-30 6 W gpu0", "counter clock 30-30 6 gpu1"):
        assert ended(f"counter clock 10-10 5 gpu0; {other}") == [(10, 100, 5), (30, 100, 6)]
    assert ended("counter clock 10-10 5; counter clock 30-30 6 gpu0") == [(10, 100, 5), (30, 100, 6)]


def test_no_value_stands_beyond_the_window_in_which_it_began():
    windows = ((0, 20), (40, 60))
    assert ended("counter clock 10-10 5", windows) == [(10, 20, 5)]
    assert ended("counter clock 20-20 5", windows) == [(20, 20, 5)]
    assert ended("counter clock 40-40 5", windows) == [(40, 60, 5)]


def test_a_value_that_began_outside_stands_until_the_end_of_the_next_window():
    windows = ((5, 20), (40, 60))
    assert ended("counter clock 4-4 5", windows) == [(4, 20, 5)]
    assert ended("counter clock 21-21 5", windows) == [(21, 60, 5)]
    assert ended("counter clock 61-61 5", windows) == [(61, 61, 5)]


def test_of_equal_values_in_one_window_the_first_stands_for_all():
    same = "counter clock 10-10 5; counter clock 12-12 5; counter clock 14-14 5"
    assert ended(f"{same}; counter clock 16-16 6; counter clock 18-18 5") == [(10, 16, 5), (16, 18, 6), (18, 100, 5)]
    assert ended(same, ((0, 11), (12, 20))) == [(10, 11, 5), (12, 20, 5)]
    assert ended(same, ((0, 12), (13, 20))) == [(10, 12, 5), (12, 12, 5), (14, 20, 5)]


def test_of_values_of_one_instant_the_last_stands():
    assert ended("counter clock 10-10 5; counter clock 10-10 7") == [(10, 10, 5), (10, 100, 7)]


def test_in_a_damaged_file_the_last_value_of_each_counter_has_no_length():
    text = "k 0-90; counter clock 10-10 5 gpu0; counter clock 30-30 6 gpu0; counter power 20-20 7 gpu0"
    trace = literal(text)
    windows = Windows.of({"start_ns": [0], "end_ns": [90], "process": [0]})
    damaged = replace(trace, windows=windows, source=replace(trace.source, damage=("the file is cut off",)))
    assert with_counter_ends(damaged).counters.end_ns.tolist() == [30, 20, 30]
    assert with_counter_ends(replace(trace, windows=windows)).counters.end_ns.tolist() == [30, 90, 90]


def test_in_a_trace_without_windows_no_value_has_a_length():
    counters = with_counter_ends(literal("counter clock 10-10 5; counter clock 30-30 6")).counters
    assert counters.end_ns.tolist() == [10, 30]


@given(traces(), st.lists(stretches, max_size=3).map(sorted))
def test_at_each_instant_a_counter_has_the_value_that_was_last_recorded(trace, windows):
    columns = {"start_ns": [a for a, _ in windows], "end_ns": [b for _, b in windows]}
    trace = replace(trace, windows=Windows.of(columns | {"process": [i % 3 - 1 for i in range(len(windows))]}))
    found = with_counter_ends(trace)
    found.check()
    for key in {key for key, _, _ in rows(trace)}:
        for instant in range(HORIZON_NS):
            before = [(start, value) for k, start, value in rows(trace) if k == key and start <= instant]
            stands = [value for k, start, value in spans(found, instant) if k == key]
            if not before:
                assert stands == []
                continue
            began, value = before[-1]
            assert stands == ([value] if instant < until(trace.windows, key[3], began) else [])


def rows(trace):
    counters = trace.counters
    columns = (counters.name, counters.unit, counters.device, counters.process, counters.start_ns, counters.value)
    return [(row[:4], *row[4:]) for row in zip(*(column.tolist() for column in columns), strict=True)]


def spans(trace, instant):
    ends = trace.counters.end_ns.tolist()
    return [row for row, end in zip(rows(trace), ends, strict=True) if row[1] <= instant < end]


def until(windows, process, began):
    """The last end of windows that hold the instant, else the end of the next one, else the instant itself."""
    own = [
        (start, end)
        for start, end, of in zip(
            windows.start_ns.tolist(), windows.end_ns.tolist(), windows.process.tolist(), strict=True
        )
        if of in (process, MISSING)
    ]
    holding = [end for start, end in own if start <= began <= end]
    later = [end for start, end in own if start > began]
    return max(holding, default=later[0] if later else began)
