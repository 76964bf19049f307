from __future__ import annotations

import pytest

from gpu_trace_analyzers.dependencies.joined import launching_operators
from gpu_trace_analyzers.model import MISSING
from literal import literal

OPERATORS = """
    op outer 10-50 rf=1
    op inner 20-30 rf=2
    op other 30-40 rf=3
    op elsewhere 10-50 t2 rf=4
"""


@pytest.mark.parametrize(
    ("launch", "name"),
    [
        ("@5", None),
        ("@10", "outer"),
        ("@15", "outer"),
        ("@20", "inner"),
        ("@29", "inner"),
        ("@30", "other"),
        ("@45", "outer"),
        ("@50", None),
        ("@25 t2", "elsewhere"),
        ("@25 t3", None),
        ("", None),
    ],
)
def test_the_innermost_operator_around_the_launch_on_its_thread(launch, name):
    trace = literal(f"{OPERATORS}\nk 100-110 {launch}")
    found = launching_operators(trace)[0]
    assert (None if found == MISSING else trace.text(trace.operators.name[found])) == name


def test_of_operators_that_begin_and_end_together_that_with_the_higher_number_is_inside():
    trace = literal("op inner 10-20 rf=8; op outer 10-20 rf=7; k 100-110 @15")
    assert trace.operators.record_function[launching_operators(trace)].tolist() == [8]
