from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.model import Engine
from gpu_trace_analyzers.whatif.spent import Spent, spent

OPERATION = st.tuples(st.integers(0, 50), st.integers(0, 20), st.sampled_from(list(Engine)))


def of(*operations, window_ns):
    start, length, engine = (np.array(each, dtype=np.int64) for each in zip(*operations, strict=True))
    return spent(start, start + length, engine, window_ns)


def test_each_part_of_a_window_is_told_apart():
    k, copy = Engine.COMPUTE, Engine.COPY_D2H
    found = of((10, 30, k), (35, 15, copy), (60, 5, k), (62, 3, k), window_ns=70)
    assert found == Spent(10, ((k, 35), (copy, 15)), overlapped_ns=5, idle_ns=10, after_last_ns=5)


def test_a_window_without_operations_is_the_hosts():
    nothing = np.zeros(0, dtype=np.int64)
    assert spent(nothing, nothing, nothing, 7) == Spent(7, (), 0, 0, 0)


@given(st.lists(OPERATION, min_size=1), st.integers(0, 100))
def test_the_parts_add_up_to_the_window(operations, window_ns):
    found = of(*operations, window_ns=window_ns)
    busy = {tick for start, length, _ in operations for tick in range(start, start + length)}
    assert found.window_ns == window_ns
    assert sum(ns for _, ns in found.busy) - found.overlapped_ns == len(busy)
