"""Operators and ranges of the host: own time, time with those that are called, and which of them count."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.intervals import Intervals
from gpu_trace_analyzers.model import HostOperators, Process, Source, Trace
from gpu_trace_analyzers.questions.scope import Scope, Window
from gpu_trace_analyzers.questions.steady.host import HostWindow
from gpu_trace_analyzers.questions.work.operators import operator_figures
from gpu_trace_analyzers.questions.work.range_times import range_times
from literal import literal
from strategies import stretches

ALL = HostWindow(None, None)


def called(*rows):
    """A trace with operators (name, start, end, thread, process)."""
    rows = sorted(rows, key=lambda row: row[1:3])
    names = tuple(dict.fromkeys(row[0] for row in rows))
    columns = {
        "start_ns": [row[1] for row in rows],
        "end_ns": [row[2] for row in rows],
        "name": [names.index(row[0]) for row in rows],
        "thread": [row[3] if len(row) > 3 else 1 for row in rows],
        "process": [row[4] if len(row) > 4 else 0 for row in rows],
    }
    return Trace(
        Source("drawn", "kineto"),
        names,
        processes=(Process(100), Process(200, rank=1)),
        operators=HostOperators.of(columns),
    )


def figures(trace, host=ALL):
    return [
        (r.name, r.count, r.own_ns, r.total_ns, r.median_ns, r.max_ns) for r in operator_figures(Scope(trace), host)
    ]


def test_an_operator_has_its_own_time_and_that_with_those_it_calls():
    trace = called(("linear", 0, 100), ("addmm", 10, 90), ("copy_", 20, 30), ("addmm", 200, 240))
    assert figures(trace) == [
        ("addmm", 2, 110, 120, 40, 80),
        ("linear", 1, 20, 100, 100, 100),
        ("copy_", 1, 10, 10, 10, 10),
    ]


def test_a_call_inside_a_call_of_the_same_operator_counts_once():
    assert figures(called(("add", 0, 100), ("add", 20, 60), ("add", 30, 40))) == [("add", 3, 100, 100, 40, 100)]


def test_threads_add_up_and_processes_are_told_apart():
    trace = called(("add", 0, 10, 1), ("add", 5, 15, 2), ("add", 0, 7, 1, 1))
    first, second = operator_figures(Scope(trace), ALL)
    assert (first.pid, first.rank, first.own_ns, first.total_ns, first.share) == (100, -1, 20, 20, 1.0)
    assert (second.pid, second.rank, second.own_ns, second.total_ns) == (200, 1, 7, 7)


def test_operators_that_begin_in_the_window_count_whole():
    trace = called(("a", 0, 30), ("b", 10, 20), ("c", 40, 90))
    assert figures(trace, HostWindow(None, Window(5, 50))) == [("c", 1, 50, 50, 50, 50), ("b", 1, 10, 10, 10, 10)]
    assert figures(trace, HostWindow({0: Window(0, 40)}, None)) == [("a", 1, 20, 30, 30, 30), ("b", 1, 10, 10, 10, 10)]
    assert figures(trace, HostWindow({1: Window(0, 40)}, None)) == []


def test_where_launches_are_the_edges_what_runs_at_the_first_counts_too():
    assert [r[0] for r in figures(called(("a", 0, 30), ("b", 40, 90)), HostWindow({0: Window(5, 40)}, None, True))] == [
        "a"
    ]


operators = st.tuples(st.sampled_from("abc"), stretches, st.integers(1, 2), st.integers(0, 1)).map(
    lambda row: (row[0], *row[1], *row[2:])
)


@given(st.lists(operators, max_size=10))
def test_the_own_times_of_a_process_are_the_time_in_which_its_threads_ran_any(rows):
    trace = called(*rows)
    found = operator_figures(Scope(trace), ALL)
    for position, process in enumerate(trace.processes):
        own = [row for row in found if row.pid == process.pid]
        mine = [row for row in rows if row[4] == position]
        threads = [Intervals.from_pairs([row[1:3] for row in mine if row[3] == thread]) for thread in (1, 2)]
        assert sum(row.own_ns for row in own) == sum(each.total_ns for each in threads)
        assert {row.all_own_ns for row in own} <= {sum(each.total_ns for each in threads)}
        for row in own:
            calls = [each for each in mine if each[0] == row.name]
            busy = [Intervals.from_pairs([c[1:3] for c in calls if c[3] == thread]).total_ns for thread in (1, 2)]
            lengths = sorted(end - start for _, start, end, *_ in calls)
            assert (row.count, row.total_ns, row.max_ns) == (len(calls), sum(busy), lengths[-1])
            assert row.median_ns == lengths[(len(lengths) - 1) // 2]
            assert row.own_ns <= row.total_ns


RANGES = "range iter_1 0-10; range iter_2 20-50; range iter_3 60-70; range save 61-64; range mark 80-80; k 0-5"


def test_instances_of_a_range_are_one_row_and_marks_are_none():
    found = range_times(Scope(literal(RANGES)), ALL)
    assert [(r.name, r.count, r.host_ns, r.mean_ns, r.median_ns, r.max_ns) for r in found] == [
        ("iter_*", 3, 50, 16, 10, 30),
        ("save", 1, 3, 3, 3, 3),
    ]


def test_an_analysis_has_the_same_figures_as_the_table_of_ranges():
    analysis = Analysis(literal(RANGES), whole=True)
    assert {row.name: row.host_ns for row in analysis.range_times} == {r.name: r.host_ns for r in analysis.ranges}


STEPS = """
    range ProfilerStep#1 0-10; k 100-199 @5; range inner 4-8; range around 0-500
    range ProfilerStep#2 10-20; k 200-299 @15
    range ProfilerStep#3 20-30; k 300-399 @25
"""


def test_the_host_counts_where_it_launched_the_steps_and_not_where_they_ran():
    chosen = Analysis(literal(STEPS), steps=(2, 4))
    assert [(row.name, row.count, row.host_ns) for row in chosen.range_times] == [("ProfilerStep#*", 2, 20)]
    assert [(row.count, row.total_ns) for row in chosen.operations] == [(2, 198)]


def test_operators_that_were_not_read_are_no_rows():
    assert operator_figures(Scope(replace(literal("k 0-10"))), ALL) == ()
