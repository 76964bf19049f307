"""Frames are stored once, whatever they were read from, and samples keep their stacks when traces are merged."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.model import MISSING, Frames, Process, Samples, Source, Trace
from gpu_trace_analyzers.readers.base.frames import FrameTable
from gpu_trace_analyzers.readers.base.merging import merge
from literal import literal
from strategies import traces

stacks = st.lists(st.lists(st.tuples(*[st.integers(0, 2)] * 3), max_size=4).map(tuple), max_size=8)


def stack(trace, frame):
    """What a frame stands for: function, file and line of it and of all around it, outermost last."""
    found = []
    while frame != MISSING:
        frames = trace.stack_frames
        texts = (trace.text(int(frames.function[frame])), trace.text(int(frames.file[frame])))
        found.append((*texts, int(frames.line[frame])))
        frame = int(frames.caller[frame])
    return found


def sampled(trace, shift_ns=0):
    samples = trace.samples
    columns = (samples.start_ns + shift_ns, samples.end_ns + shift_ns, samples.frame, samples.state, samples.thread)
    rows = zip(*(column.tolist() for column in columns), samples.process.tolist(), strict=True)
    return sorted((*row[:2], stack(trace, row[2]), *row[3:5], trace.processes[row[5]].pid) for row in rows)


@given(stacks)
def test_equal_stacks_have_one_frame_and_different_ones_never_do(stacks):
    table, innermost = FrameTable(), {}
    for each in stacks:
        frame = MISSING
        for place in each:
            frame = table.position(frame, *place)
        assert innermost.setdefault(each, frame) == frame
    assert len(set(innermost.values())) == len(innermost)
    frames = table.rows()
    assert len(frames) == len({each[:depth] for each in stacks for depth in range(1, len(each) + 1)})
    Trace(Source("x", "kineto"), ("a", "b", "c"), stack_frames=frames).check()
    again = FrameTable()
    assert again.positions(frames).tolist() == list(range(len(frames)))
    assert again.positions(frames).tolist() == list(range(len(again.rows())))


def test_a_caller_without_a_position_is_refused():
    with pytest.raises(ValueError, match="no frame has position 0"):
        FrameTable().position(0, 1)


@given(traces(), traces(), st.integers(-5, 5))
def test_merged_traces_keep_their_samples_with_their_stacks(one, other, ahead_ns):
    other = replace(other, strings=("c", "x", "a"), processes=(Process(300), Process(400)), epoch_ns=100 + ahead_ns)
    merged = merge("job", [replace(one, epoch_ns=100), other])
    merged.check()
    assert sampled(merged) == sorted(sampled(one) + sampled(other, ahead_ns))


def test_equal_frames_of_several_files_are_one():
    one = literal("sample 0-10 main@a.py:5|f@b.py:7")
    other = literal("sample 0-10 g@a.py:5; sample 20-30 main@a.py:5|f@b.py:7|g@a.py:5")
    assert len(merge("job", [one, other]).stack_frames) == 4
    assert merge("job", [one, one]).stack_frames.caller.tolist() == [MISSING, 0]


def test_traces_without_samples_have_no_frames():
    merged = merge("job", [literal("k 0-1"), literal("k 0-1")])
    assert (len(merged.stack_frames), len(merged.samples)) == (0, 0)
    assert (merged.stack_frames.columns(), merged.samples.columns()) == (Frames.columns(), Samples.columns())
