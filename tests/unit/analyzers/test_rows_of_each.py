"""The rows of each number and of each combination, found in one sort."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.rows_of_each import rows_of_each, rows_of_each_tuple

NUMBERS = st.integers(-2, 3) | st.integers(-(1 << 63), (1 << 63) - 1)


def test_each_number_has_its_rows_in_order():
    found = rows_of_each(np.array([3, -1, 3, 0, -1], dtype=np.int16))
    assert {number: rows.tolist() for number, rows in found.items()} == {-1: [1, 4], 0: [3], 3: [0, 2]}


def test_an_empty_column_has_no_numbers():
    assert rows_of_each(np.empty(0, np.int16)) == {}


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), max_size=20))
def test_each_combination_has_its_rows_in_order(combinations):
    columns = np.array(combinations, dtype=np.int64).reshape(-1, 3).T
    expected = {one: [i for i, each in enumerate(combinations) if each == one] for one in sorted(set(combinations))}
    found = {one: rows.tolist() for one, rows in rows_of_each_tuple(*columns).items()}
    assert list(found.items()) == list(expected.items())
