from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from gpu_trace_analyzers.model import (
    MISSING,
    OBSERVED,
    Device,
    DeviceWork,
    Engine,
    Frames,
    HostCalls,
    Role,
    Samples,
    Source,
    Table,
    Trace,
)
from literal import literal


def test_columns_have_the_annotated_dtypes_and_missing_where_nothing_was_given():
    work = DeviceWork.of({"start_ns": [5], "end_ns": [7]})
    assert work.start_ns.dtype == np.int64
    assert work.engine.dtype == np.int8
    assert work.correlation.tolist() == [MISSING]


def test_rows_are_picked_by_mask_and_by_position():
    calls = HostCalls.of({"start_ns": [1, 2, 3], "end_ns": [2, 3, 4]})
    assert calls[calls.start_ns > 1].start_ns.tolist() == [2, 3]
    assert calls[np.array([2, 0])].end_ns.tolist() == [4, 2]


def test_unknown_columns_and_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match="no column begin"):
        HostCalls.of({"begin": [1]})
    with pytest.raises(ValueError, match="different lengths"):
        HostCalls.of({"start_ns": [1], "end_ns": [1, 2]})


def test_an_empty_table_has_no_rows():
    assert len(HostCalls.empty()) == 0


def test_a_trace_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Trace(Source("x", "kineto")).strings = ("a",)  # type: ignore[misc]


def row(**columns):
    fine = {"start_ns": [0], "end_ns": [1], "name": [0], "engine": [0], "device": [0], "process": [MISSING]}
    return DeviceWork.of(fine | columns)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (row(end_ns=[-1]), "ends before it starts"),
        (row(device=[MISSING]), "without a device"),
        (row(device=[1]), "device is not a position in Trace.devices"),
        (row(engine=[MISSING]), "without an engine"),
        (row(name=[1]), "name is not a code into Trace.strings"),
        (row(group=[1]), "group is not a code into Trace.strings"),
        (row(peer=[1]), "peer is not a position in Trace.devices"),
        (row(process=[0]), "process is not a position in Trace.processes"),
    ],
)
def test_check_finds_a_broken_contract(broken, message):
    with pytest.raises(AssertionError, match=message):
        Trace(Source("x", "kineto"), strings=("k",), devices=(Device("gpu", 0),), work=broken).check()


@pytest.mark.parametrize("table", Trace.table_types().items(), ids=Trace.table_types())
def test_every_column_of_text_is_checked_in_every_table(table):
    name, kind = table
    for column in kind.columns_of(Role.TEXT):
        broken = kind.of({"start_ns": [0], "end_ns": [1], column: [0]})
        with pytest.raises(AssertionError, match=f"{kind.__name__}.{column} is not a code"):
            Trace(Source("x", "kineto"), **{name: broken}).check()


def test_the_tables_of_a_trace_are_all_its_fields_that_are_tables():
    trace = Trace(Source("x", "kineto"))
    found = {field.name for field in dataclasses.fields(trace) if isinstance(getattr(trace, field.name), Table)}
    assert set(trace.tables()) == found


FINE = Samples.of({"start_ns": [0], "end_ns": [1], "frame": [0], "state": [0], "process": [MISSING]})
ONE = Frames.of({"caller": [MISSING], "function": [0], "file": [0], "line": [7]})


@pytest.mark.parametrize(
    ("samples", "frames", "message"),
    [
        (FINE, Frames.empty(), "Samples.frame is not a position in Trace.stack_frames"),
        (dataclasses.replace(FINE, state=np.array([5], np.int8)), ONE, "a sample of no ThreadState"),
        (dataclasses.replace(FINE, state=np.array([MISSING], np.int8)), ONE, "a sample of no ThreadState"),
        (FINE, dataclasses.replace(ONE, function=np.array([1], np.int32)), "Frames.function is not a code"),
        (FINE, dataclasses.replace(ONE, caller=np.array([0], np.int32)), "a frame before the one that called it"),
        (FINE, dataclasses.replace(ONE, caller=np.array([1], np.int32)), "Frames.caller is not a position"),
    ],
)
def test_check_finds_samples_and_frames_that_contradict_each_other(samples, frames, message):
    Trace(Source("x", "kineto"), ("f",), samples=FINE, stack_frames=ONE).check()
    with pytest.raises(AssertionError, match=message):
        Trace(Source("x", "kineto"), ("f",), samples=samples, stack_frames=frames).check()


def test_tables_that_are_observed_beside_the_recording_are_not_recorded_ones():
    trace = literal("k 5-9; sample 0-20 f@a.py:1; counter power 0-30 700 W gpu0")
    assert trace.tables().keys() - trace.recorded_tables().keys() == OBSERVED
    assert [name for name, table in trace.recorded_tables().items() if len(table)] == ["work"]


def test_a_sample_is_written_with_its_stack():
    trace = literal("sample 0-10 t3 holds_lock main@a.py:5|f@b.py:7; sample 10-20 main@a.py:5|g@b.py:9; sample 20-30")
    stacks = [
        [trace.text(trace.stack_frames.function[at]) for at in (frame, trace.stack_frames.caller[frame])]
        for frame in (1, 2)
    ]
    assert stacks == [["f", "main"], ["g", "main"]]
    assert (trace.samples.frame.tolist(), trace.samples.state.tolist()) == ([1, 2, MISSING], [3, 0, 0])
    assert (trace.samples.thread.tolist(), trace.stack_frames.line.tolist()) == ([3, 1, 1], [5, 7, 9])


def test_a_counter_is_written_with_its_unit_and_owner():
    trace = literal("k 0-1; counter SM_clock 0-10 1980 MHz gpu1; counter memory_allocated 5-7 -3 t4")
    counters = trace.counters
    assert [trace.text(code) for code in counters.name] == ["SM clock", "memory allocated"]
    assert [trace.text(code) for code in counters.unit] == ["MHz", ""]
    assert (counters.value.tolist(), counters.device.tolist()) == ([1980, -3], [1, MISSING])
    assert (counters.thread.tolist(), len(trace.devices)) == ([MISSING, 4], 2)


def test_check_finds_rows_out_of_order():
    with pytest.raises(AssertionError, match="not sorted"):
        Trace(Source("x", "kineto"), calls=HostCalls.of({"start_ns": [2, 1], "end_ns": [2, 2]})).check()


def test_engine_keys_are_those_of_summary_json():
    expected = "compute collective copy_h2d copy_d2h copy_p2p copy_d2d memset unknown"
    assert " ".join(engine.key for engine in Engine) == expected


def test_labels():
    assert Device("gpu", 0, "NVIDIA H200").label == "GPU 0 (NVIDIA H200)"
    assert Device("cpu", 1, rank=3).label == "rank 3 · CPU 1"


def test_a_trace_shows_itself_in_one_line():
    assert repr(literal("s7 k 0-10 @1; gpu1 k 5-15 @2")) == (
        "Trace of literal (literal): GPU 0, GPU 1; work 2, calls 2"
    )
    assert repr(Trace(Source("x", "kineto"))) == "Trace of x (kineto): no device; no event"
    eight = Trace(Source("x", "kineto"), devices=tuple(Device("gpu", i) for i in range(8)))
    assert "GPU 3 and 4 more;" in repr(eight)


def test_rows_are_found_by_their_engines():
    work = literal("k 0-10; h2d 10-20; nccl 20-30; d2h 30-40").work
    assert work.does((Engine.COMPUTE, Engine.COPY_D2H)).tolist() == [True, False, False, True]
    assert work.does(()).tolist() == [False] * 4


def test_codes_are_found_by_what_their_strings_say():
    trace = Trace(Source("x", "kineto"), strings=("cudaMalloc", "cudaFree", "cudaMallocHost"))
    codes = np.array([2, MISSING, 1, 0, 2], np.int32)
    assert trace.says(codes, re.compile("Malloc")).tolist() == [True, False, False, True, True]
    assert trace.says(codes, re.compile("")).tolist() == [True, False, True, True, True]
    assert trace.says(codes[:0], re.compile("")).tolist() == []
