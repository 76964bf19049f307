"""The rows of each device and process, found in one sort."""

from __future__ import annotations

import numpy as np

from gpu_trace_analyzers.questions.parted import rows_of_each, rows_on, work_by_process
from literal import literal


def test_each_number_has_its_rows_in_order():
    found = rows_of_each(np.array([3, -1, 3, 0, -1], dtype=np.int16))
    assert {number: rows.tolist() for number, rows in found.items()} == {-1: [1, 4], 0: [3], 3: [0, 2]}


def test_an_empty_column_has_no_numbers():
    assert rows_of_each(np.empty(0, np.int16)) == {}


def test_a_device_that_did_nothing_has_no_rows():
    trace = literal("k 0-10; k 20-30")
    assert rows_on(trace, 0).tolist() == [0, 1]
    assert rows_on(trace, 7).tolist() == []
    assert sum(map(len, work_by_process(trace).values())) == 2
