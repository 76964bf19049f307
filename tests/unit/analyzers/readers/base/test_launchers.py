from __future__ import annotations

import pytest

from gpu_trace_analyzers.model import MISSING, DeviceWork, HostCalls
from gpu_trace_analyzers.readers.base.launchers import assign_launchers


def assigned(work, calls):
    """The process of each operation, given as (process, correlation); calls likewise."""
    rows = DeviceWork.of({"process": [process for process, _ in work], "correlation": [each for _, each in work]})
    assign_launchers(rows, HostCalls.of({"process": [p for p, _ in calls], "correlation": [c for _, c in calls]}))
    return rows.process.tolist()


@pytest.mark.parametrize(
    ("work", "calls", "processes"),
    [
        ([(MISSING, 5), (MISSING, 6)], [(0, 5), (1, 6)], [0, 1]),
        ([(MISSING, 5)], [(0, 5), (1, 5)], [MISSING]),
        ([(MISSING, 6)], [(1, 6), (1, 6), (0, 7)], [1]),
        ([(MISSING, 9), (MISSING, MISSING)], [(0, 5), (1, 6), (1, MISSING)], [MISSING, MISSING]),
        ([(0, 6)], [(0, 5), (1, 6)], [0]),
        ([(MISSING, 5)], [(1, 5)], [MISSING]),
        ([(MISSING, 5)], [], [MISSING]),
        ([], [(0, 5), (1, 6)], []),
        ([(MISSING, 5)], [(0, MISSING), (1, MISSING)], [MISSING]),
    ],
)
def test_work_belongs_to_the_only_process_with_its_launch(work, calls, processes):
    assert assigned(work, calls) == processes
