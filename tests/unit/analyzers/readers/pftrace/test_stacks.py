"""Samples of a ``.pftrace``: what is damaged is counted, and the rest is kept."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from gpu_trace_analyzers.model import MISSING, Samples
from gpu_trace_analyzers.readers.base.building import TraceBuilder
from gpu_trace_analyzers.readers.base.frames import NOT_IN_THE_FILE
from gpu_trace_analyzers.readers.pftrace.stacks import Stacks
from gpu_trace_analyzers.readers.pftrace.wire import Broken
from gpu_trace_analyzers.vocabulary.perfetto_fields import InternedData, SampleColumns
from kineto_text import InMemory


def varint(value):
    value &= (1 << 64) - 1
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def message(*pairs):
    def one(number, value):
        if isinstance(value, int):
            return varint(number << 3) + varint(value)
        return varint(number << 3 | 2) + varint(len(value)) + value

    return b"".join(one(*pair) for pair in pairs)


ROWS = [
    (InternedData.FUNCTION_NAMES, message((1, 1), (2, b"<module>"))),
    (InternedData.FUNCTION_NAMES, message((1, 2), (2, b"batches"))),
    (InternedData.MAPPING_PATHS, message((1, 3), (2, b"/a.py"))),
    (InternedData.MAPPINGS, message((1, 3), (7, 3))),
    (InternedData.FRAMES, message((1, 1), (2, 1), (3, 3), (4, 90))),
    (InternedData.FRAMES, message((1, 2), (2, 2), (3, 3), (4, 57))),
    (InternedData.CALLSTACKS, message((1, 1), (2, 1))),
    (InternedData.CALLSTACKS, message((1, 2), (2, 1), (2, 2))),
]


def columns(start_ns=(5, 15), end_ns=(15, 20), frame=(0, 1), state=(3, 2)):
    given = zip(("<i8", "<i8", "<i4", "<i1"), (start_ns, end_ns, frame, state), strict=True)
    return message(*((number, np.array(values, dtype).tobytes()) for number, (dtype, values) in enumerate(given, 1)))


def read(data=None, rows=ROWS, thread=((1, 4), (2, 5))):
    found, builder, dropped = Stacks(), TraceBuilder(InMemory(content=b""), "perfetto"), Counter()
    for table, row in rows:
        found.learn(table, row)
    if thread:
        found.take_thread(9, message(*thread))
    found.take_samples(9, columns() if data is None else data)
    found.add(lambda pid: builder, dropped)
    trace = builder.build()
    trace.check()
    return trace, {reason: count for reason, count in dropped.items() if count}


def functions(trace):
    return [
        trace.text(int(trace.stack_frames.function[at])) if at != MISSING else "" for at in trace.samples.frame.tolist()
    ]


def test_samples_have_their_times_stacks_and_thread():
    trace, dropped = read()
    assert {name: getattr(trace.samples, name).tolist() for name in Samples.columns()} == {
        "start_ns": [5, 15],
        "end_ns": [15, 20],
        "frame": [0, 1],
        "state": [3, 2],
        "process": [0, 0],
        "thread": [5, 5],
    }
    assert trace.stack_frames.caller.tolist() == [MISSING, 0]
    assert [trace.text(code) for code in trace.stack_frames.function] == ["<module>", "batches"]
    assert [trace.text(code) for code in trace.stack_frames.file] == ["/a.py", "/a.py"]
    assert trace.stack_frames.line.tolist() == [90, 57]
    assert (trace.processes[0].pid, dropped) == (4, {})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        columns(state=(3,)),
        columns()[:-1],
        columns()[:20],
        message((SampleColumns.START_NS, 7)),
        message((1, b"\0" * 7), (2, b"\0" * 8), (3, b"\0" * 4), (4, b"\0")),
    ],
    ids=["none", "lengths that differ", "cut", "cut in a number", "a number", "no whole numbers"],
)
def test_columns_that_do_not_fit_together_are_broken(data):
    with pytest.raises(Broken):
        read(data)


IMPOSSIBLE = [
    ((-1, 15), (15, 20), 1),
    ((5, 15), (4, 20), 1),
    ((5, 2**62), (15, 2**62), 1),
    ((-(2**63), 5), (2**63 - 1, 1), 0),
]


@pytest.mark.parametrize("row", [b"", message((2, b"f"), (1, 1)), message((1, b"f")), b"\x08"])
def test_a_row_without_an_id_in_front_is_broken(row):
    with pytest.raises(Broken):
        Stacks().learn(InternedData.FUNCTION_NAMES, row)


@pytest.mark.parametrize(("start_ns", "end_ns", "kept"), IMPOSSIBLE)
def test_samples_at_impossible_times_are_counted(start_ns, end_ns, kept):
    trace, dropped = read(columns(start_ns=start_ns, end_ns=end_ns))
    assert (len(trace.samples), dropped) == (kept, {"samples of no thread or time": 2 - kept})


def test_samples_of_no_thread_are_counted():
    trace, dropped = read(thread=())
    assert (len(trace.samples), dropped) == (0, {"samples of no thread or time": 2})


@pytest.mark.parametrize(("missing", "found"), [(7, ["<module>", ""]), (5, ["<module>", ""]), (4, ["", ""])])
def test_samples_whose_stack_is_not_there_are_kept_without_one(missing, found):
    trace, dropped = read(rows=[row for number, row in enumerate(ROWS) if number != missing])
    assert (functions(trace), dropped) == (found, {NOT_IN_THE_FILE: found.count("")})


def test_frames_beyond_any_and_states_that_are_none_are_unknown():
    trace, dropped = read(columns(frame=(2**31 - 1, -7), state=(9, -1)))
    assert (functions(trace), trace.samples.state.tolist(), dropped) == (["", ""], [0, 0], {NOT_IN_THE_FILE: 2})


def test_a_stack_that_could_not_be_read_is_no_loss():
    assert read(columns(frame=(-1, 0)))[1] == {}
