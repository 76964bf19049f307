"""Each operation belongs to the shortest range around its launch, of its own thread if there is one."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.questions.innermost import innermost_ranges
from literal import literal


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("range step 0-50; range inner 0-10; k 60-70 @5", "inner"),
        ("range step 0-50; range inner 0-10; k 60-70 @10", "step"),
        ("range step 0-50; k 60-70 @50", None),
        ("range step 0-50; k 60-70", None),
        ("range whole 0-20 process; range step 0-50; k 60-70 @5", "step"),
        ("range whole 0-90 process; range step 20-50; k 60-70 @5", "whole"),
        ("range step 0-50 t2; k 60-70 @5 t1", None),
        ("k 60-70 @5", None),
    ],
)
def test_the_innermost_range_around_the_launch(text, wanted):
    trace = literal(text)
    (position,) = innermost_ranges(trace).tolist()
    assert (None if position == MISSING else trace.text(int(trace.ranges.name[position]))) == wanted


def test_each_operation_has_its_own():
    trace = literal("range a 0-10; range b 10-20; k 30-40 @5; k 40-50 @15; k 50-60 @9")
    assert [trace.text(int(trace.ranges.name[at])) for at in innermost_ranges(trace).tolist()] == ["a", "b", "a"]
