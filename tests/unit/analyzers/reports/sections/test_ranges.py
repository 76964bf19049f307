from __future__ import annotations

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.reports.sections.ranges import step_table
from literal import literal


def test_steps_can_be_told_apart_by_their_numbers():
    work = "s7 k 0-10 @1; s7 k 20-25 @21"
    batches = literal(f"range batch 0-9; range batch 20-29; {work}")
    assert [row[0] for row in step_table(Analysis(batches, step_range="batch").summary).rows] == [
        "batch #0",
        "batch #1",
    ]
    profiled = literal(f"range ProfilerStep#7 0-9; range ProfilerStep#12 20-29; {work}")
    assert [row[0] for row in step_table(Analysis(profiled).summary).rows] == ["ProfilerStep#7", "ProfilerStep#12"]
