"""Collectives of a CPU are what the threads of their backend did, as recorded of gloo."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.engines import default_rules
from gpu_trace_analyzers.model import MISSING, Engine, HostOperators, Process, RangeKind, Ranges, Source, Trace
from gpu_trace_analyzers.questions.collectives import collective_figures
from gpu_trace_analyzers.questions.overlap import device_figures
from gpu_trace_analyzers.questions.ranges import range_figures
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.readers.finishing.cpu_devices import with_cpu_devices

MAIN, GLOO = 1, 2


def table(which, rows, names, **more):
    start_ns, end_ns, name, process, thread = zip(*rows, strict=True) if rows else [()] * 5
    columns = {"start_ns": start_ns, "end_ns": end_ns, "name": [names.index(n) for n in name]}
    rest = {key: [value] * len(rows) for key, value in more.items()}
    return which.of({**columns, "process": process, "thread": thread, **rest})


def recorded(operators, ranges, kind=RangeKind.ANNOTATION):
    names = sorted({row[2] for row in (*operators, *ranges)})
    trace = Trace(
        Source("x", "kineto"),
        tuple(names),
        processes=(Process(1), Process(2)),
        operators=table(HostOperators, operators, names),
        ranges=table(Ranges, ranges, names, kind=int(kind), domain=MISSING),
    )
    found = with_cpu_devices(trace, default_rules(), keep_operators=True)
    found.check()
    assert len(found.operators) == len(operators)
    return found


def worked(trace, device=0):
    work = trace.work_of(device)
    columns = (work.name, work.start_ns, work.end_ns, work.engine, work.stream)
    return [
        (trace.text(name), start, end, Engine(engine).key, thread)
        for name, start, end, engine, thread in zip(*(column.tolist() for column in columns), strict=True)
    ]


OPERATORS = [(0, 10, "c10d::allreduce_", 0, MAIN), (10, 60, "aten::mm", 0, MAIN)]


def test_a_collective_is_as_long_as_the_thread_of_gloo_was_at_it_and_not_as_the_call_that_enqueued_it():
    trace = recorded(OPERATORS, [(5, 100, "gloo:all_reduce", 0, GLOO)])
    expected = [("gloo:all_reduce", 5, 100, "collective", GLOO), ("aten::mm", 10, 60, "compute", MAIN)]
    assert worked(trace) == expected
    (row,) = collective_figures(Scope(trace))
    assert (row.name, row.count, row.busy_ns, row.hidden_ns) == ("gloo:all_reduce", 1, 95, 50)
    figures = device_figures(Scope(trace), 0)
    assert (figures.collective_ns, figures.exposed_collective_ns, figures.idle_ns) == (95, 45, 0)


def test_its_range_has_that_work():
    (row,) = range_figures(Scope(recorded(OPERATORS, [(5, 100, "gloo:all_reduce", 0, GLOO)])))
    assert (row.name, row.count, row.device, row.operations, row.window_ns) == ("gloo:all_reduce", 1, 0, 1, 95)


def test_the_time_in_a_call_that_only_enqueues_is_nobodys_work():
    operators = [(0, 20, "AccumulateGrad", 0, MAIN), (5, 15, "c10d::allreduce_", 0, MAIN)]
    trace = recorded(operators, [(30, 40, "gloo:all_reduce", 0, GLOO)])
    assert [row[:3] for row in worked(trace) if row[4] == MAIN] == [
        ("AccumulateGrad", 0, 5),
        ("AccumulateGrad", 15, 20),
    ]


def test_what_a_collective_calls_is_a_part_of_it_and_what_its_thread_does_afterwards_is_not():
    copies = [(12, 14, "aten::copy_", 0, GLOO), (20, 25, "aten::div_", 0, GLOO)]
    trace = recorded([*OPERATORS, *copies], [(10, 20, "gloo:all_gather", 0, GLOO)])
    expected = [("gloo:all_gather", 10, 20, "collective", GLOO), ("aten::div_", 20, 25, "compute", GLOO)]
    assert [row for row in worked(trace) if row[4] == GLOO] == expected


@pytest.mark.parametrize(
    ("ranges", "kind"),
    [
        ([], RangeKind.ANNOTATION),
        ([(0, 5, "gloo:all_reduce", 0, MAIN)], RangeKind.ANNOTATION),  # the thread of the script: no backend's
        ([(5, 100, "gloo:all_reduce", 0, GLOO)], RangeKind.NVTX),  # anybody may name a range so
        ([(5, 100, "gloo:all_reduce", 1, GLOO)], RangeKind.ANNOTATION),  # of another process
        ([(5, 5, "gloo:all_reduce", 0, GLOO)], RangeKind.ANNOTATION),
    ],
)
def test_without_such_a_thread_the_call_is_all_that_is_known_of_a_collective(ranges, kind):
    trace = recorded(OPERATORS, ranges, kind)
    expected = [("c10d::allreduce_", 0, 10, "collective", MAIN), ("aten::mm", 10, 60, "compute", MAIN)]
    assert worked(trace) == expected
