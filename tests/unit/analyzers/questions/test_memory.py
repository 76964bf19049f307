"""The peak of memory, and what made it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from gpu_trace_analyzers.model import MISSING, Device, HostOperators, Process
from gpu_trace_analyzers.questions.memory import memory_figures
from gpu_trace_analyzers.questions.scope import Scope, Window
from gpu_trace_analyzers.summary import summarized
from literal import literal
from strategies import traces

STEADY = "k 0-100; counter memory_allocated 10-20 400 bytes gpu0 t1; counter memory_allocated 20-30 900 bytes gpu0 t1; "
STEADY += "counter memory_allocated 30-100 500 bytes gpu0 t1; "
RESERVED = "counter memory_reserved 10-20 600 bytes gpu0 t1; counter memory_reserved 20-100 1000 bytes gpu0 t1; "


def with_operators(text, *operators):
    """Of thread 1, each a name and its times."""
    trace = literal(text)
    names, starts, ends = zip(*sorted(operators, key=lambda operator: operator[1]), strict=True)
    strings = (*trace.strings, *names)
    columns = {"start_ns": starts, "end_ns": ends, "name": [strings.index(name) for name in names]}
    columns |= {"process": [0] * len(names), "thread": [1] * len(names)}
    return replace(trace, strings=strings, operators=HostOperators.of(columns))


def figures(text, window=None):
    return memory_figures(Scope(text if not isinstance(text, str) else literal(text), window=window))


def test_the_peak_is_the_most_that_was_allocated_and_when_for_the_first_time():
    (found,) = figures(STEADY + "counter memory_allocated 100-100 900 bytes gpu0 t1")
    assert (found.allocated_bytes, found.peak_ns, found.device, found.label) == (900, 20, 0, "GPU 0")


def test_what_was_reserved_at_the_peak_and_was_not_allocated():
    (found,) = figures(STEADY + RESERVED + "counter memory_reserved 100-100 2000 bytes gpu0 t1")
    assert (found.reserved_bytes, found.unused_bytes, found.most_reserved_bytes) == (1000, 100, 2000)


@pytest.mark.parametrize(
    ("reserved", "expected"),
    [("10-20 600", None), ("10-21 600", 600), ("20-20 600", 600), ("21-30 600", None)],
)
def test_reserved_is_what_stands_when_the_peak_begins(reserved, expected):
    (found,) = figures(f"{STEADY} counter memory_reserved {reserved} bytes gpu0 t1")
    assert found.reserved_bytes == expected


def test_without_a_reserve_or_the_size_of_the_device_nothing_is_said_of_them():
    (found,) = figures(STEADY)
    assert (found.reserved_bytes, found.unused_bytes, found.most_reserved_bytes) == (None, None, None)
    assert (found.device_bytes, found.share) == (None, None)


def test_the_share_of_the_device():
    trace = replace(literal(STEADY), devices=(Device("gpu", 0, memory=3600),))
    assert figures(trace)[0].share == 0.25


def test_memory_that_was_not_recorded_is_none():
    assert figures("k 0-10; counter SM_clock 0-10 1980 MHz gpu0") == ()
    assert summarized(Scope(literal("k 0-10"))).memory == ()


def test_each_gpu_and_the_host_have_their_own_peaks():
    text = STEADY + "counter memory_allocated 40-50 7 bytes t1; counter memory_allocated 40-50 8 bytes gpu1 t1"
    assert [(row.label, row.allocated_bytes) for row in figures(text)] == [
        ("GPU 0", 900),
        ("GPU 1", 8),
        ("host memory", 7),
    ]


@pytest.mark.parametrize(
    ("inner", "expected"),
    [((20, 30), "aten::mm"), ((21, 30), "aten::linear"), ((10, 20), "aten::linear"), ((10, 21), "aten::mm")],
)
def test_the_operator_is_the_innermost_at_the_peak(inner, expected):
    trace = with_operators(STEADY, ("aten::linear", 5, 90), ("aten::mm", *inner))
    assert figures(trace)[0].operator == expected


def test_operators_that_allocate_for_others_are_not_named():
    trace = with_operators(STEADY, ("aten::mm", 5, 90), ("aten::empty", 19, 21), ("aten::empty_strided", 20, 21))
    assert figures(trace)[0].operator == "aten::mm"
    assert figures(with_operators(STEADY, ("aten::empty", 19, 21)))[0].operator == ""


def test_ranges_are_those_of_the_thread_the_innermost_first():
    ranges = "range step 0-90; range forward 15-25; range late 21-25; range early 0-20; range other 0-90 t2; "
    assert figures(STEADY + ranges + "range whole 0-90 process")[0].ranges == ("forward", "step")


def test_a_peak_on_a_thread_of_autograd_lies_in_the_ranges_of_the_thread_that_called_backward():
    trace = literal(STEADY.replace("t1", "t2") + "range step 0-90 t1; range backward 15-25 t1; range inner 18-22 t2")
    named = replace(trace, processes=(Process(100, thread_names={2: "pt_autograd_0"}),))
    assert (figures(trace)[0].ranges, figures(named)[0].ranges) == (("inner",), ("inner", "backward", "step"))


def test_a_value_measured_from_outside_has_neither_operator_nor_range():
    text = "k 0-9; counter memory_allocated 5-9 3 bytes gpu0; range step 0-9"
    assert (figures(text)[0].operator, figures(text)[0].ranges) == ("", ())


def test_on_a_cpu_the_work_says_the_operator():
    trace = literal("s1 k 0-15 name=aten::linear; s1 k 15-25 name=aten::mm; s2 k 0-99 name=aten::add", kind="cpu")
    memory = literal("counter memory_allocated 20-30 900 bytes t1").counters
    trace = replace(trace, strings=(*trace.strings, "memory allocated"))
    counters = replace(memory, name=np.full(1, len(trace.strings) - 1, np.int32), unit=np.full(1, MISSING, np.int32))
    assert figures(replace(trace, counters=counters))[0].operator == "aten::mm"


def test_a_window_has_the_peak_of_what_stands_in_it():
    assert figures(STEADY, Window(0, 10)) == ()
    assert figures(STEADY, Window(0, 20))[0].allocated_bytes == 400
    assert figures(STEADY, Window(29, 40))[0].allocated_bytes == 900
    assert figures(STEADY, Window(30, 40))[0].allocated_bytes == 500


@given(traces())
def test_peaks_are_those_of_brute_force(trace):
    names = {"a": "memory allocated", "b": "memory reserved"}
    trace = replace(trace, strings=tuple(names.get(text, text) for text in trace.strings))
    counters = trace.counters
    found = {(row.device, row.process): row for row in figures(trace)}
    rows = [
        (trace.text(name), device, process, value, start)
        for name, device, process, value, start in zip(
            *(getattr(counters, column).tolist() for column in ("name", "device", "process", "value", "start_ns")),
            strict=True,
        )
    ]
    owners = {row[1:3] for row in rows if row[0] == "memory allocated"}
    assert found.keys() == owners
    for owner in owners:
        own = [row for row in rows if row[1:3] == owner]
        most = max(row[3] for row in own if row[0] == "memory allocated")
        reserved = [row[3] for row in own if row[0] == "memory reserved"]
        assert found[owner].allocated_bytes == most
        assert found[owner].peak_ns == min(row[4] for row in own if row[0] == "memory allocated" and row[3] == most)
        assert found[owner].most_reserved_bytes == (max(reserved) if reserved else None)


@pytest.mark.parametrize(
    ("start", "expected"), [(20, (20, "aten::mm", ("step",))), (21, (21, "", ())), (29, (29, "", ()))]
)
def test_what_was_allocated_before_the_window_stands_from_its_start_and_nothing_there_made_it(start, expected):
    trace = with_operators(f"{STEADY} range step 0-90", ("aten::mm", 5, 90))
    (found,) = figures(trace, Window(start, 40))
    assert (found.peak_ns, found.operator, found.ranges) == expected


@pytest.mark.parametrize(("reserved", "unused"), [(900, 0), (899, None)])
def test_less_reserved_than_allocated_says_nothing_of_what_is_unused(reserved, unused):
    (found,) = figures(f"{STEADY} counter memory_reserved 10-100 {reserved} bytes gpu0 t1")
    assert (found.reserved_bytes, found.unused_bytes) == (reserved, unused)
