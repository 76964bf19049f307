"""Operations by the range that launched them, against a search of every range for every launch."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.questions.launch_ranges import launch_ranges
from gpu_trace_analyzers.questions.launches import launches
from gpu_trace_analyzers.questions.ranges import with_length
from gpu_trace_analyzers.questions.scope import Scope, Window
from gpu_trace_analyzers.questions.work.by_range import operations_by_range
from gpu_trace_analyzers.questions.work.operations import operations
from literal import literal
from strategies import traces, windows


@given(traces())
def test_each_operation_has_the_shortest_range_around_its_launch(trace):
    scope = Scope(trace)
    ranges, launched, found = with_length(scope), launches(trace), launch_ranges(scope)
    for row in range(len(trace.work)):
        around = [
            i
            for i in range(len(ranges))
            if launched.at_ns[row] != MISSING
            and ranges.process[i] == trace.work.process[row]
            and ranges.thread[i] in (launched.thread[row], MISSING)
            and ranges.start_ns[i] <= launched.at_ns[row] < ranges.end_ns[i]
        ]
        if not around:
            assert found[row] == MISSING
        else:
            length = ranges.end_ns - ranges.start_ns
            assert length[found[row]] == min(length[i] for i in around)
            assert found[row] in around


@given(traces(), st.none() | windows.map(lambda pair: Window(*pair)))
def test_the_ranges_of_an_operation_add_up_to_all_of_it(trace, window):
    scope = Scope(trace, window=window)
    counts, totals = defaultdict(int), defaultdict(int)
    for row in operations_by_range(scope, scope):
        counts[(row.device, row.engine, row.name)] += row.count
        totals[(row.device, row.engine, row.name)] += row.total_ns
    whole = {(row.device, row.engine, row.name): row for row in operations(scope)}
    assert counts == {key: row.count for key, row in whole.items()}
    assert totals == {key: row.total_ns for key, row in whole.items()}


def rows(text, **options):
    return [
        (row.name, row.range, row.count, row.total_ns) for row in Analysis(literal(text), **options).operations_by_range
    ]


def test_the_innermost_range_has_it_and_what_no_range_launched_has_none():
    text = "range outer 0-10; range inner 2-5; k 20-30 @3; k 30-35 @6; k 40-41 @15"
    assert rows(text) == [("k", "inner", 1, 10), ("k", "outer", 1, 5), ("k", "", 1, 1)]


def test_ranges_that_a_number_tells_apart_are_one():
    text = "; ".join(
        f"range iter_{i} {10 * i}-{10 * i + 9}; k {100 * i + 100}-{100 * i + 105} @{10 * i + 1}" for i in range(4)
    )
    assert rows(text, whole=True) == [("k", "iter_*", 4, 20)]
    assert rows(text, from_ns=0, to_ns=150) == [("k", "iter_*", 2, 10)]
