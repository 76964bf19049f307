"""The events of a trace as data frames have the rows, names and times of its tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gpu_trace_analyzers.model import Engine, Process, Source, Trace
from literal import literal

TRACE = literal(
    "s7 k 0-10 @1 name=gemm; s13 d2h 5-15 @2-4 pageable size=64; s7 memset 20-21 @3 size=8; s7 nccl 30-40 @5;"
    "range outer 0-9 t1; range all 0-9 process; call cudaDeviceSynchronize 16-18; op aten::mm 1-2"
)


def test_every_device_operation_is_in_one_frame():
    frames = TRACE.frames()
    assert frames.kernels.engine.tolist() == ["compute", "collective"]
    assert frames.copies.engine.tolist() == ["copy_d2h"]
    assert frames.memsets.engine.tolist() == ["memset"]


def test_times_are_integers_in_ns_and_durations_their_differences():
    copies = TRACE.frames().copies
    assert (copies.start_ns.dtype, copies.duration_ns.dtype) == (np.int64, np.int64)
    assert copies[["start_ns", "end_ns", "duration_ns"]].values.tolist() == [[5, 15, 10]]


def test_codes_are_texts_and_places_are_process_ids():
    frames = TRACE.frames()
    assert frames.kernels.name[0] == "gemm"
    assert frames.copies[["source", "target", "bytes"]].values.tolist() == [["device", "pageable", 64]]
    assert frames.ranges[["name", "kind"]].values.tolist() == [["outer", "nvtx"], ["all", "nvtx"]]
    assert set(frames.calls.pid) == {100}
    assert frames.operators.name.tolist() == ["aten::mm"]


def test_what_a_trace_lacks_is_missing_and_not_minus_one():
    frames = TRACE.frames()
    assert frames.ranges.thread.isna().tolist() == [False, True]
    assert frames.kernels.graph.isna().all()
    assert frames.kernels.grid.isna().all()
    assert frames.kernels.bytes.sum() == 0


def test_a_copy_of_unknown_direction_is_a_copy():
    trace = literal("s7 d2h 0-10 @1")
    trace.work.engine[:] = Engine.UNKNOWN
    assert (len(trace.frames().copies), len(trace.frames().kernels)) == (1, 0)


def test_frames_of_an_empty_trace_have_their_columns():
    frames = Trace(Source("x", "kineto"), processes=(Process(1),)).frames()
    assert {len(getattr(frames, name)) for name in frames.__dataclass_fields__} == {0}
    assert {"name", "start_ns", "pid"} <= set(frames.calls.columns)
    assert repr(frames) == "EventFrames of kernels 0, copies 0, memsets 0, calls 0, ranges 0, operators 0 rows"


@pytest.mark.parametrize("name", ["kernels", "copies", "memsets", "calls", "ranges", "operators"])
def test_each_is_a_data_frame(name):
    assert isinstance(getattr(TRACE.frames(), name), pd.DataFrame)
