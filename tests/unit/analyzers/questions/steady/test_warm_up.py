from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.questions.steady.warm_up import warm_up_steps


@pytest.mark.parametrize(
    ("ns", "expected"),
    [
        ([100, 100, 100, 100], 0),
        ([151, 100, 100, 100], 1),
        ([150, 100, 100, 100], 0),  # 1.5 times the median is not longer
        ([66, 100, 100, 100], 1),
        ([67, 100, 100, 100], 0),  # 1 / 1.5 is 66.7
        ([900, 400, 100, 100, 100], 2),
        ([900, 100, 400, 100, 100], 1),  # only a leading run
        ([100, 900, 100, 100], 0),  # a slow step inside
        ([900, 500, 300, 100], 2),  # the median is 300
        ([900, 100], 0),  # under three
        ([900, 100, 100], 1),
        ([900, 20, 900, 20, 100, 100], 3),  # at most half
        ([], 0),
    ],
)
def test_leading_steps_of_one_kind(ns, expected):
    assert warm_up_steps(np.array(ns, dtype=np.int64), np.zeros(len(ns), dtype=np.int64)) == expected


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("A900 A100 A100 A100 B20 A100 B20 B20", 1),
        ("B20 A100 A100 A100 A100 B20 B20", 0),  # an evaluation first
        ("B90 A900 A100 A100 B20 B20 B20", 2),  # both warm up
        ("C900 A900 A100 A100 A100", 0),  # of one step nothing is known
        ("A900 C900 A900 A100 A100 A100 A100", 1),  # nor does what follows it count
        ("P900 D100 D100 D100 P900", 0),  # prefill
    ],
)
def test_each_kind_has_its_own_median(steps, expected):
    each = steps.split()
    kind = np.array([ord(step[0]) for step in each], dtype=np.int64)
    assert warm_up_steps(np.array([int(step[1:]) for step in each], dtype=np.int64), kind) == expected


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 2)), max_size=30))
def test_never_more_than_half_of_each_kind(steps):
    ns = np.array([length for length, _ in steps], dtype=np.int64)
    kind = np.array([kind for _, kind in steps], dtype=np.int64)
    cut = warm_up_steps(ns, kind)
    for each in range(3):
        assert 2 * (kind[:cut] == each).sum() <= (kind == each).sum()
