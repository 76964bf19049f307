from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_trace_analyzers.engines import default_rules
from gpu_trace_analyzers.model import Device, DeviceWork, Engine, HostOperators, Process, Source, Syncs, Trace
from gpu_trace_analyzers.readers.finishing.cpu_devices import own_times, with_cpu_devices

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


def innermost(operators, process, thread, at_ns):
    """Of the operators that run on a thread, the one that began last, and of several the one that ends first."""
    running = [
        (int(operators.start_ns[i]), -int(operators.end_ns[i]), i)
        for i in range(len(operators))
        if (operators.process[i], operators.thread[i]) == (process, thread)
        and operators.start_ns[i] <= at_ns < operators.end_ns[i]
    ]
    return max(running)[2] if running else None


@settings(deadline=None)
@given(rows)
def test_at_each_instant_a_thread_works_at_its_innermost_operator(drawn):
    operators = table(drawn)
    own = own_times(operators)
    found = {}
    for row, start, end in zip(own.row.tolist(), own.start_ns.tolist(), own.end_ns.tolist(), strict=True):
        for at_ns in range(start, end):
            where = (int(operators.process[row]), int(operators.thread[row]), at_ns)
            assert where not in found
            found[where] = row
    where = itertools.product(range(2), range(2), range(20))
    expected = {(p, t, at_ns): innermost(operators, p, t, at_ns) for p, t, at_ns in where}
    assert found == {instant: row for instant, row in expected.items() if row is not None}
    assert own.start_ns.tolist() == sorted(own.start_ns.tolist())
    assert (own.end_ns > own.start_ns).all()
    again = {(row, start) for row, start in zip(own.row.tolist(), own.start_ns.tolist(), strict=True)}
    assert not again & set(zip(own.row.tolist(), own.end_ns.tolist(), strict=True)), "one stretch in two pieces"


def work_of(*rows):
    """Name, start and end of the work that a trace with these operators has, of one thread."""
    names, starts, ends = zip(*rows, strict=True)
    operators = HostOperators.of(
        {
            "start_ns": starts,
            "end_ns": ends,
            "name": range(len(rows)),
            "process": [0] * len(rows),
            "thread": [1] * len(rows),
        }
    )
    trace = Trace(Source("x", "kineto"), names, processes=(Process(1),), operators=operators)
    work = with_cpu_devices(trace, default_rules(), keep_operators=False).work
    columns = (work.name, work.start_ns, work.end_ns, work.engine)
    return [
        (names[name], start, end, Engine(engine).key)
        for name, start, end, engine in zip(*(column.tolist() for column in columns), strict=True)
    ]


def test_an_operator_that_calls_another_works_before_and_after_it():
    # Recorded: every aten::addmm copies its bias first, and then multiplies for nearly all of its time.
    assert work_of(("aten::addmm", 0, 100), ("aten::expand", 2, 5), ("aten::copy_", 6, 10)) == [
        ("aten::addmm", 0, 6, "compute"),
        ("aten::copy_", 6, 10, "copy_d2d"),
        ("aten::addmm", 10, 100, "compute"),
    ]


def test_what_only_wraps_a_copy_is_copying():
    assert {row[3] for row in work_of(("aten::to", 0, 9), ("aten::_to_copy", 1, 8), ("aten::copy_", 2, 7))} == {
        "copy_d2d"
    }


def test_an_operator_that_ends_where_its_caller_does_leaves_nothing_behind_it():
    assert work_of(("aten::linear", 0, 9), ("aten::mm", 3, 9), ("aten::relu", 9, 11)) == [
        ("aten::linear", 0, 3, "compute"),
        ("aten::mm", 3, 9, "compute"),
        ("aten::relu", 9, 11, "compute"),
    ]


def test_a_trace_with_work_gets_no_cpu_devices():
    work = DeviceWork.of({"start_ns": [0], "end_ns": [1], "name": [0], "engine": [0], "device": [0], "process": [0]})
    trace = Trace(Source("x", "kineto"), ("k",), (Device("gpu", 0),), work=work)
    with pytest.raises(ValueError, match="needs no CPU devices"):
        with_cpu_devices(trace, default_rules(), keep_operators=False)


def test_a_gpu_that_was_only_waited_for_stays_a_device():
    row = {"start_ns": [0], "end_ns": [9], "process": [0]}
    trace = Trace(
        Source("x", "kineto"),
        ("aten::mm",),
        (Device("gpu", 3),),
        (Process(1),),
        operators=HostOperators.of(row | {"name": [0], "thread": [1]}),
        syncs=Syncs.of(row | {"kind": [0], "device": [0]}),
    )
    found = with_cpu_devices(trace, default_rules(), keep_operators=False)
    found.check()
    assert found.devices == (Device("gpu", 3), Device("cpu", 0))
    assert (found.syncs.device.tolist(), found.work.device.tolist()) == ([0], [1])
