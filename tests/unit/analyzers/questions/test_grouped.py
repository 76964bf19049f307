"""Unions within groups, against sets of single nanoseconds; and where times are too far apart to be put in one row."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.questions.grouped import GroupedIntervals

rows = st.lists(st.tuples(st.integers(0, 3), st.integers(-20, 20), st.integers(0, 8)), max_size=12)


def union(rows, scale):
    group, start_ns, length = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return GroupedIntervals.of(group.astype(np.int32), start_ns * scale, (start_ns + length) * scale)


@given(rows, st.sampled_from([1, 1 << 55]))
def test_each_group_is_a_union_of_its_own(rows, scale):
    found = union(rows, scale)
    expected = {(group, t) for group, start, length in rows for t in range(start, start + length)}
    pairs = list(zip(found.group.tolist(), found.start_ns.tolist(), found.end_ns.tolist(), strict=True))
    assert {(g, t) for g, start, end in pairs for t in range(start // scale, end // scale)} == expected
    assert pairs == sorted(pairs)
    assert all(one[0] < two[0] or one[2] < two[1] for one, two in pairwise(pairs))
    assert found.total_ns(4).tolist() == [scale * sum(g == group for g, _ in expected) for group in range(4)]


@pytest.mark.parametrize("scale", [1, 1 << 55])
def test_a_long_one_takes_in_what_follows_of_its_group_only(scale):
    found = union([(0, 0, 10), (0, 2, 1), (1, 3, 1), (0, 9, 3)], scale)
    assert found.group.tolist() == [0, 1]
    assert (found.end_ns // scale).tolist() == [12, 4]


def test_products_that_do_not_fit_32_bits_are_exact():
    found = union([(5, 0, 2_000_000_000), (0, 7, 1), (5, 1_999_999_999, 2)], 1)
    assert found.group.tolist() == [0, 5]
    assert found.end_ns.tolist() == [8, 2_000_000_001]


@pytest.mark.parametrize("scale", [1, 1 << 55])
def test_an_empty_one_among_others_vanishes(scale):
    found = union([(0, 0, 10), (0, 20, 0), (1, 5, 0)], scale)
    assert [*zip(found.group.tolist(), found.start_ns.tolist(), found.end_ns.tolist(), strict=True)] == [
        (0, 0, 10 * scale)
    ]


def test_groups_before_time_zero_are_kept_apart():
    found = union([(0, -10, 5), (0, -9, 12), (1, -20, 8)], 1)
    assert [*zip(found.group.tolist(), found.start_ns.tolist(), found.end_ns.tolist(), strict=True)] == [
        (0, -10, 3),
        (1, -20, -12),
    ]
