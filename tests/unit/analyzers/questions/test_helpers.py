"""Which processes did so little that a job is not theirs?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.questions.helpers import helpers
from gpu_trace_analyzers.readers.base.merging import merge
from gpu_trace_analyzers.reports.sections.job_verdict import answer
from gpu_trace_analyzers.reports.text import to_text
from literal import literal

if TYPE_CHECKING:
    from gpu_trace_analyzers.model import Trace


def process(kernels: str, rank: int = -1) -> Trace:
    """The trace of one process, with a device of its own."""
    trace = literal(kernels, "cpu")
    devices = tuple(replace(device, rank=rank) for device in trace.devices)
    return replace(trace, devices=devices, processes=tuple(replace(each, rank=rank) for each in trace.processes))


def together(*traces: Trace) -> Trace:
    named = [
        replace(trace, source=replace(trace.source, path=f"trace-process-{i}.json.gz"), epoch_ns=0)
        for i, trace in enumerate(traces)
    ]
    return merge("run", named)


@pytest.mark.parametrize(
    ("processes", "expected"),
    [
        ([("k 0-1000", -1)], ()),
        ([("k 0-1000", -1), ("k 0-19", -1)], (1,)),
        ([("k 0-1000", -1), ("k 0-20", -1)], ()),
        ([("k 0-19", -1), ("k 0-1000", -1), ("k 0-900", -1)], (0,)),
        ([("k 0-1000", 0), ("k 0-1", 1), ("k 0-1", -1)], (2,)),  # a rank is none
        ([("k 0-10", -1), ("k 0-10", -1)], ()),
    ],
)
def test_a_helper_has_no_rank_and_did_less_than_a_fiftieth_of_the_busiest(processes, expected):
    assert helpers(together(*(process(*each) for each in processes))) == expected


def test_a_device_that_the_busiest_process_used_is_no_helpers():
    one = literal("k 0-1000; gpu1 k 0-1", "cpu")
    assert helpers(together(one, process("k 0-1"))) == (2,)


def test_a_script_with_helpers_has_the_first_line_alone():
    alone = Analysis(process("k 0-1000; k 2000-3000")).summary
    script = process("k 0-1000; k 2000-3000")
    both = Analysis(together(script, process("k 0-1"), process("k 0-2"))).summary
    assert both.helpers == (1, 2)
    assert answer(both) == answer(alone)
    text = to_text(both, width=100)
    assert "not shown: process 1, process 2, 3 ns of work; all are in --json" in text
    assert "concurrently" not in text
    assert text.count("compute time, no copies") == 1
