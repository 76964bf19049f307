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


@pytest.mark.parametrize("dtype", [np.uint8, np.uint32, np.int64, np.uint64])
def test_so_many_that_two_have_one_slot(dtype):
    check(np.random.default_rng(3).integers(0, min(2**60, np.iinfo(dtype).max), 20_000).astype(dtype))
