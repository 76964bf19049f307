"""Rows by their ids, against a search row by row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.columns import MISSING
from gpu_trace_analyzers.ids import Ids, first_of_each, first_rows

NEAR = st.integers(-3, 6)
FAR = st.sampled_from([MISSING, 0, 1, -(1 << 63), (1 << 63) - 1, 1 << 40])
ROWS = st.lists(st.tuples(st.integers(MISSING, 2), NEAR | FAR), max_size=12)


def ids(rows):
    table = np.array(rows, dtype=np.int64).reshape(-1, 2)
    return Ids(table[:, 0].astype(np.int16), table[:, 1])


@given(ROWS, ROWS)
def test_the_first_row_of_the_same_process_with_an_id_is_found(having, wanted):
    expected = [having.index(row) if row in having and row[1] != MISSING else MISSING for row in wanted]
    assert first_rows(ids(having), ids(wanted)).tolist() == expected


@given(st.lists(NEAR | FAR, max_size=12), st.lists(NEAR | FAR, max_size=12))
def test_the_first_place_of_a_number_is_found(numbers, wanted):
    expected = [numbers.index(each) if each in numbers else MISSING for each in wanted]
    assert first_of_each(np.array(numbers, np.int64), np.array(wanted, np.int64)).tolist() == expected


@pytest.mark.parametrize("apart", [1, 1 << 20])
def test_ids_that_count_and_ids_that_do_not(apart):
    numbers = np.arange(1000, dtype=np.int64)[::-1] * apart
    assert first_of_each(numbers, np.array([0, 5 * apart, -1, 1000 * apart])).tolist() == [999, 994, MISSING, MISSING]
