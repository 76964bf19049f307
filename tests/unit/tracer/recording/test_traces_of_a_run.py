"""Which processes of a run have a trace, and what is it called?"""

from __future__ import annotations

import pytest

from gpu_trace.recording import assemble
from gpu_trace.recording.assemble import ProcessLeft
from gpu_trace.recording.kineto_text import KinetoText
from gpu_trace.recording.notes import Notes
from gpu_trace.recording.sessions import Session

OPERATOR = b'{"ph": "X", "cat": "cpu_op", "name": "aten::add"}'
NOTHING = b'{"ph": "X", "cat": "Trace", "name": "PyTorch Profiler (0)"},{"ph": "M", "name": "process_name"}'


def process(pid: int, events: bytes = OPERATOR, rank: int | None = None, noted: str = "python\t3.11\n") -> ProcessLeft:
    session = Session(KinetoText(b"{", events))
    return ProcessLeft(pid, Notes(noted), [session], [], [], [], [], rank=rank, is_first=pid == 1)


def names(*processes: ProcessLeft) -> list[str]:
    return assemble._names(assemble.with_traces(list(processes)))


def test_the_script_ranks_and_others_have_names_of_their_own():
    assert names(process(1)) == ["trace.json.gz"]
    assert names(process(9)) == ["trace.json.gz"]
    assert names(process(1), process(9), process(8, rank=0), process(7, rank=10)) == [
        "trace.json.gz",
        "trace-rank-0.json.gz",
        "trace-rank-10.json.gz",
        "trace-process-9.json.gz",
    ]
    assert names(process(1, rank=3), process(9)) == ["trace-rank-3.json.gz", "trace-process-9.json.gz"]


@pytest.mark.parametrize("category", ["overhead", "python_function", "ac2g", "Trace"])
def test_one_that_did_nothing_has_none_unless_it_is_the_script(category):
    nothing = NOTHING.replace(b"Trace", category.encode())
    assert names(process(1, nothing), process(2, nothing)) == ["trace.json.gz"]


def test_of_too_many_the_largest_and_ranks_are_kept_and_the_others_counted(monkeypatch):
    monkeypatch.setattr(assemble, "MOST_TRACES", 3)
    found = [process(1), process(2, OPERATOR * 2), process(3, OPERATOR * 9), process(4), process(5, rank=0)]
    assert [left.pid for left in assemble.with_traces(found)] == [1, 5, 3]
    assert assemble.too_many(found) == ["the traces of 2 more processes: 3 are kept, of those that left most"]
    assert assemble.too_many(found[:3]) == []


def test_sentences_call_processes_by_their_names():
    named = "python\t3.11\nprocess\tSpawnProcess-1\n"
    found = process(1), process(2, noted=named), process(3), process(4, rank=2)
    assert [left.label for left in found] == ["the script", "SpawnProcess-1 (2)", "process 3", "rank 2"]
