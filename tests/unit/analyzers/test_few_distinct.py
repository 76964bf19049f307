"""Distinct values are those of NumPy, whether they are few or many."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.few_distinct import few_distinct

FEW = [-1, 0, 1, 7, 2**40, -(2**63), 2**63 - 1]


def check(values):
    found, place = few_distinct(values)
    expected, inverse = np.unique(values, return_inverse=True)
    assert found.tolist() == expected.tolist()
    assert found.dtype == values.dtype
    assert place.tolist() == inverse.tolist()


@given(st.lists(st.sampled_from(FEW)))
def test_few(values):
    check(np.array(values, np.int64))


@given(st.lists(st.integers(-5, 5)), st.sampled_from([0, 2**21, -(2**62), 2**63 - 6, 5 - 2**63]))
def test_near_one_another(values, at):
    check(np.array(values, np.int64) + at)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint64])
def test_the_least_and_the_greatest_of_a_type(dtype):
    least, greatest = np.iinfo(dtype).min, np.iinfo(dtype).max
    check(np.array([greatest, least, greatest, greatest], dtype))
    check(np.array([greatest, greatest - 1], dtype))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint32, np.int64, np.uint64])
def test_so_many_that_two_have_one_slot(dtype):
    check(np.random.default_rng(3).integers(0, min(2**60, np.iinfo(dtype).max), 40_000).astype(dtype))
