"""Texts that nest, or never end, to keep a reader busy: each is read in time that grows with its size, or refused."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.errors import TraceUnreadable
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.readers.chrome import stream

BEGIN = '{"traceEvents":['
KERNEL = '{"ph":"X","cat":"kernel","name":"k","pid":0,"tid":7,"ts":1.5,"dur":2,"args":ARGS}'
DEEP = KERNEL.replace("ARGS", '{"a":' * 2000 + "1" + "}" * 2000)


def load_text(folder, text):
    path = folder / "trace.json"
    path.write_text(text)
    return load(path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (BEGIN + '{"args":{' * 100_000, "is damaged throughout"),
        (BEGIN + '{"ph":"X","name":"' * 100_000, "is damaged throughout"),
        (BEGIN + '{"ph":' * 100_000, "has objects nested a thousand deep"),
        (BEGIN + ",".join([DEEP] * 200), "has objects nested a thousand deep"),
    ],
    ids=["nested arguments", "open strings", "nested events", "deep arguments"],
)
def test_what_takes_long_and_gives_nothing_is_refused(tmp_path, text, problem):
    with pytest.raises(TraceUnreadable, match=problem):
        load_text(tmp_path, text)


def test_a_few_objects_that_nest_too_deeply_are_lost_alone(tmp_path):
    whole = KERNEL.replace("ARGS", "{}")
    trace = load_text(tmp_path, BEGIN + ",".join([whole, DEEP, whole, DEEP, whole]) + "]}")
    assert len(trace.work) == 3
    assert trace.source.dropped == {"damaged event": 2}


@pytest.mark.parametrize("text", ["[", "{", "]", " ", "a", '"'], ids=["[", "{", "]", "gap", "junk", "quote"])
def test_what_never_ends_is_looked_at_a_few_times_at_most(tmp_path, monkeypatch, text):
    looked_at, walk = [], stream.walk

    def counting(block, at_end, too_deep):
        looked_at.append(len(block))
        return walk(block, at_end, too_deep)

    monkeypatch.setattr(stream, "walk", counting)
    monkeypatch.setattr("gpu_trace_analyzers.readers.chrome.tolerant.LONGEST_EVENT", 1 << 20)
    load_text(tmp_path, BEGIN + text * 4_000_000)
    assert sum(looked_at) < 4 * 4_000_000


def test_an_event_of_many_blocks_is_read_whole(tmp_path):
    name = "n" * 3_000_000
    trace = load_text(tmp_path, BEGIN + KERNEL.replace('"k"', f'"{name}"').replace("ARGS", "{}") + "]}")
    assert [trace.text(code) for code in trace.work.name] == [name]
