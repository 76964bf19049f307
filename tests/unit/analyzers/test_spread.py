"""Several runs of one figure, against what one counts by hand."""

from __future__ import annotations

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.spread import Change, Values

TIMES = st.integers(0, 12)
SIDE = st.lists(TIMES, min_size=1, max_size=5).map(tuple)


@given(SIDE, SIDE)
def test_sides_overlap_where_a_value_lies_in_the_ranges_of_both(before, after):
    change = Change("span_ns", Values(before), Values(after))
    common = set(range(min(before), max(before) + 1)) & set(range(min(after), max(after) + 1))
    single = len(before) == len(after) == 1
    assert change.within_spread is (None if single else bool(common))
    assert (change.before, change.after) == (int(median(before)), int(median(after)))
    assert change.by == int(median(after)) - int(median(before))


@given(SIDE, SIDE)
def test_the_order_of_runs_and_of_sides_does_not_decide(before, after):
    forth = Change("span_ns", Values(before), Values(after)).within_spread
    assert Change("span_ns", Values(after[::-1]), Values(before[::-1])).within_spread is forth


@pytest.mark.parametrize(
    ("runs", "middle"),
    [((5,), 5), ((5, 8), 6), ((5, 9), 7), ((9, 1, 5), 5), ((0.25, 0.5), 0.375), ((1.0, 0.0, 0.5), 0.5), ((), None)],
)
def test_the_median_of_integers_is_an_integer(runs, middle):
    found = Values(runs).median
    assert (found, type(found)) == (middle, type(middle))


def test_a_run_without_a_value_leaves_no_median_and_no_answer():
    part = Values((3, None, 1))
    assert (part.median, part.least, part.most, part.complete) == (None, 1, 3, False)
    change = Change("overlap_ratio", part, Values((2, 2, 2)))
    assert (change.before, change.after, change.by, change.within_spread) == (None, 2, 0, None)
    assert Values((None,)).least is Values((None,)).most is None


@pytest.mark.parametrize(
    ("before", "after", "within"),
    [
        ((1, 3, 2), (3, 5, 4), True),
        ((1, 3, 2), (4, 5, 6), False),
        ((1, 9, 2), (4, 5, 5), True),
        ((2,), (1, 3, 3), True),
        ((4,), (1, 3, 3), False),
        ((2,), (9,), None),
    ],
)
def test_where_the_spread_ends(before, after, within):
    assert Change("span_ns", Values(before), Values(after)).within_spread is within
