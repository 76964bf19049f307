"""The rows of each device, process and thread."""

from __future__ import annotations

from gpu_trace_analyzers.questions.parted import processes_on, rows_on, work_by_process
from literal import literal


def test_a_device_that_did_nothing_has_no_rows():
    trace = literal("k 0-10; k 20-30")
    assert rows_on(trace, 0).tolist() == [0, 1]
    assert rows_on(trace, 7).tolist() == []
    assert sum(map(len, work_by_process(trace).values())) == 2
    assert processes_on(trace, 0) == (0,)
    assert processes_on(trace, 7) == ()
