"""Launches of the host, counted by hand."""

from __future__ import annotations

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.questions.scope import Scope, Window
from gpu_trace_analyzers.questions.steady.host import HostWindow
from gpu_trace_analyzers.questions.work.launch_statistics import launch_statistics
from literal import literal

ALL = HostWindow(None, None)


def statistics(text, host=ALL):
    (row,) = launch_statistics(Scope(literal(text)), host)
    return row


def test_launches_are_counted_and_their_calls_added_up():
    row = statistics("k 20-30 @0-4; k 30-40 @10-16; k 40-50 @20-30")
    assert (row.launches, row.call_ns, row.mean_call_ns, row.median_call_ns, row.max_call_ns) == (3, 20, 6, 6, 10)
    assert (row.host_ns, row.per_second) == (30, 1e8)


def test_a_copy_is_no_launch_and_a_graph_is_one():
    row = statistics("h2d 0-10 @0-10; k 20-30 @15-16 graph=1.1 launch=7; d2h 30-40 graph=1.2 launch=7")
    assert (row.launches, row.call_ns, row.ahead_ns[0]) == (1, 1, 5)


def test_how_far_the_host_was_ahead_is_from_the_begin_of_the_call_to_the_start():
    row = statistics("; ".join(f"k {100 + 10 * i}-{110 + 10 * i} @{i}" for i in range(11)))
    assert row.ahead_ns == tuple(100 + 9 * i for i in range(11))


def test_deciles_of_few_are_those_of_the_next_lower():
    assert statistics("k 10-20 @0; k 40-50 @1").ahead_ns == (*(10,) * 10, 39)


def test_work_that_a_trace_has_before_its_call_is_in_no_figure_of_how_far_ahead():
    assert statistics("k 10-20 @0; k 40-50 @40; k 50-60 @51").ahead_ns == (*(0,) * 10, 10)
    row = statistics("k 10-20 @11")
    assert (row.launches, row.ahead_ns) == (1, ())


def test_launches_that_found_the_device_idle():
    row = statistics("k 10-20 @0; k 30-40 @20; k 50-60 @39; s8 k 100-110 @60")
    assert (row.launches, row.found_idle) == (4, 3)


FULL = "; ".join(f"k {10**6 + 1000 * i}-{10**6 + 1000 * i + 900} @{100 * i}-{100 * i + 5}" for i in range(1100))


def test_a_launch_that_waited_for_room_is_in_no_time_of_a_launch():
    last = "k 2200000-2200900 @110000-210000"
    row = statistics(f"{FULL}; {last}")
    assert (row.launches, row.waited_for_room) == (1101, 1)
    assert (row.call_ns, row.mean_call_ns, row.max_call_ns) == (1100 * 5, 5, 5)
    assert statistics(f"{FULL}; k 2200000-2200900 @110000-110010").waited_for_room == 0


def test_launches_in_the_window_count_and_it_is_as_long_as_the_host_took():
    text = "k 20-30 @0-4; k 30-40 @10-16; k 40-50 @20-30"
    row = statistics(text, HostWindow({0: Window(10, 30)}, None))
    assert (row.launches, row.host_ns, row.call_ns) == (2, 20, 16)
    assert launch_statistics(Scope(literal(text)), HostWindow({}, None)) == ()


def test_devices_without_launches_have_no_row():
    assert launch_statistics(Scope(literal("k 0-10")), ALL) == ()
    assert launch_statistics(Scope(literal("k 0-10", kind="cpu")), ALL) == ()


def test_steps_are_counted_on_the_host():
    steps = "; ".join(
        f"range ProfilerStep#{i} {10 * i}-{10 * i + 10}; k {100 * i + 100}-{100 * i + 190} @{10 * i + 2}"
        for i in range(6)
    )
    (row,) = Analysis(literal(steps), steps=(2, 5)).launch_statistics
    assert (row.launches, row.host_ns) == (3, 30)
