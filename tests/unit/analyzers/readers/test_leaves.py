from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_trace_analyzers.engines import default_rules
from gpu_trace_analyzers.model import Device, DeviceWork, HostOperators, Source, Trace
from gpu_trace_analyzers.readers.leaves import leaves, with_cpu_devices

rows = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 6), st.integers(0, 1), st.integers(0, 1)), max_size=12)


def table(drawn) -> HostOperators:
    ordered = sorted(drawn, key=lambda row: (row[0], -row[1]))
    columns = list(zip(*ordered, strict=True)) or [(), (), (), ()]
    start_ns = np.array(columns[0], dtype=np.int64)
    end_ns = start_ns + np.array(columns[1], dtype=np.int64)
    return HostOperators.of(
        {
            "start_ns": start_ns,
            "end_ns": end_ns,
            "name": [0] * len(ordered),
            "process": columns[2],
            "thread": columns[3],
        }
    )


def nested(inner, outer) -> bool:
    """Begins in the other and ends no later; without length, it must begin before the other ends."""
    (start, end), (outer_start, outer_end) = inner, outer
    return outer_start <= start and end <= outer_end and (start < end or start < outer_end)


@settings(deadline=None)
@given(rows)
def test_a_leaf_has_no_other_operator_of_its_thread_inside(drawn):
    operators = table(drawn)
    times = list(zip(operators.start_ns.tolist(), operators.end_ns.tolist(), strict=True))
    where = list(zip(operators.process.tolist(), operators.thread.tolist(), strict=True))
    expected = []
    for i, outer in enumerate(times):
        inside = [j for j, inner in enumerate(times) if j != i and where[i] == where[j] and nested(inner, outer)]
        # Of several with the same times, each holds those behind it in the table.
        expected.append(not [j for j in inside if times[j] != outer or j > i])
    assert leaves(operators).tolist() == expected


def test_a_trace_with_work_gets_no_cpu_devices():
    work = DeviceWork.of({"start_ns": [0], "end_ns": [1], "name": [0], "engine": [0], "device": [0], "process": [0]})
    trace = Trace(Source("x", "kineto"), ("k",), (Device("gpu", 0),), work=work)
    with pytest.raises(ValueError, match="needs no CPU devices"):
        with_cpu_devices(trace, default_rules(), keep_operators=False)
