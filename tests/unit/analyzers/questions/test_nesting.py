"""Depths of ranges against a brute force over pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from gpu_trace_analyzers.model import Ranges
from gpu_trace_analyzers.questions.nesting import nesting_depths
from literal import literal
from strategies import traces


def lies_in(ranges, i, j):
    inner, outer = [(int(ranges.start_ns[row]), -int(ranges.end_ns[row]), row) for row in (i, j)]
    same = (ranges.process[i], ranges.thread[i]) == (ranges.process[j], ranges.thread[j])
    return same and outer < inner and ranges.end_ns[j] >= ranges.end_ns[i]


@given(traces())
def test_a_range_lies_in_those_that_hold_it_from_start_to_end(trace):
    ranges = trace.ranges[trace.ranges.end_ns > trace.ranges.start_ns]
    rows = range(len(ranges))
    assert nesting_depths(ranges).tolist() == [sum(lies_in(ranges, i, j) for j in rows) for i in rows]


@pytest.mark.parametrize(
    ("text", "depths"),
    [
        ("range a 0-10; range b 9-20; range c 10-20", [0, 0, 1]),
        ("range a 0-100; range b 10-20; range c 15-25", [0, 1, 1]),
        ("range a 0-10; range b 0-10; range c 0-5", [2, 0, 1]),
        ("range a 0-10; range b 2-8 t2; range c 3-8 process", [0, 0, 0]),
    ],
    ids=["crossing", "crossing inside another", "equal", "of others"],
)
def test_side_by_side_or_inside(text, depths):
    assert nesting_depths(literal(text).ranges).tolist() == depths


def test_a_hundred_thousand_ranges_of_which_each_crosses_the_next():
    start_ns = np.arange(100_000) * 10
    shape = dict.fromkeys(("name", "process"), np.zeros(len(start_ns)))
    assert not nesting_depths(Ranges.of({"start_ns": start_ns, "end_ns": start_ns + 12, **shape})).any()
