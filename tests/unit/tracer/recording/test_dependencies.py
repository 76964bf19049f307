"""What a process noted of recording its dependencies, in run.json and in the head of its trace."""

from __future__ import annotations

import json
from dataclasses import replace

from gpu_trace.recording import dependencies, heads
from gpu_trace.recording.notes import Notes
from gpu_trace_analyzers.engines import default_rules
from gpu_trace_analyzers.model import MISSING, RecordedDependencies
from gpu_trace_analyzers.readers import kineto
from gpu_trace_analyzers.readers.base.merging import merge
from gpu_trace_analyzers.readers.kineto.document import StatedDependencies
from kineto_text import InMemory

NOTED = "operator_cost\t12000\ncall_cost\t310\nunrecorded\t2 201\nunrecorded\t2 900\nunrecorded\t2 300\n"


def test_what_was_noted_is_told_and_nothing_else():
    assert dependencies.of(Notes(NOTED), 5).known == {
        "operators": 5,
        "cost_ns_per_operator": 12000,
        "cost_ns_per_call": 310,
        "unrecorded_step_ns": 150,
    }
    assert dependencies.of(Notes(""), 5).known == {"operators": 5}


def test_the_trace_says_it_of_its_process(tmp_path):
    head = heads.head([], 12, []) + heads.stated(
        [], [StatedDependencies(7, 5, 12000), StatedDependencies(8, 9, 1, 2, 3)]
    )
    assert json.loads(head + b'"traceEvents": []}')["gpuTrace"]["dependencies"][0] == {
        "pid": 7,
        "operators": 5,
        "cost_ns_per_operator": 12000,
    }
    trace = kineto.read(InMemory(content=head + b'"traceEvents": []}'), default_rules(), operators=False)
    found = (RecordedDependencies(7, 5, 12000, MISSING, MISSING), RecordedDependencies(8, 9, 1, 2, 3))
    assert trace.source.dependencies == found
    other = replace(trace, source=replace(trace.source, dependencies=found[:1]))
    assert merge("both", [trace, other]).source.dependencies == (*found, found[0])
