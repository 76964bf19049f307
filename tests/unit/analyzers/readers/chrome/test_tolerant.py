"""Events that are no valid JSON, or whose fields are of other types than usual, read by the last of the ways."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.engines import default_rules
from gpu_trace_analyzers.readers import kineto
from kineto_text import InMemory

HEAD = '{"schemaVersion": 1, "traceEvents": ['
KERNEL = '{"ph": "X", "cat": "kernel", "name": %s, "pid": 0, "tid": 7, "ts": 1, "dur": 2, "args": {"stream": 7}}'


def read(text: str):
    trace = kineto.read(InMemory(content=text.encode()), default_rules(), operators=False)
    trace.check()
    return trace


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ('"C:\\"', "C:\\"),
        ('"C:\\\\"', "C:\\"),
        ('"C:\\\\\\"', "C:\\\\"),
        ('"a "b" c"', 'a "b" c'),
        ("5", "5"),
        ("null", ""),
    ],
)
def test_a_name_is_as_the_writer_meant_it(written, name):
    trace = read(HEAD + KERNEL % written + "]}")
    assert [trace.text(code) for code in trace.work.name.tolist()] == [name]


@pytest.mark.parametrize(("end", "sentences"), [("]}", 0), ("", 1)])
def test_a_list_that_does_not_end_is_told_once(end, sentences):
    trace = read(HEAD + KERNEL % '"k"' + end)
    assert len(trace.source.damage) == sentences
    assert len(trace.work) == 1
