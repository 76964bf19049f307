"""What the job room finds in recordings of two H200s is what limits them by their truths, and who is waited for."""

import json
from pathlib import Path

import pytest

from gpu_trace_analyzers.asked import Asked
from gpu_trace_analyzers.job.answered import answered
from gpu_trace_analyzers.job.reading.read_job import read_job
from gpu_trace_analyzers.job.reading.sources import rank_files

JOBS = Path(__file__).parents[2] / "samples/traces/two_h200"
FOUND = {
    "ddp": None,
    "ddp_slow_host": "slow_host",
    "ddp_late_data": "late_data",
    "ddp_slow_gpu": "slow_gpu",
    "ddp_late_start": None,
    "fsdp": None,
    "tensor_parallel": "late_rank",
    "pipeline": "bubble",
}
"""The host of rank 1 of the tensor-parallel job is the slower one by 8 %, so its GPU comes last to each collective."""


@pytest.mark.parametrize("name", FOUND)
def test_what_limits_a_job_is_found(name):
    truth = json.loads((JOBS / name / "truth.json").read_text())
    folder = JOBS / name
    answer = answered(read_job(folder, rank_files(folder), Asked(), workers=1), name)

    assert [each.kind for each in answer.findings] == ([FOUND[name]] if FOUND[name] else [])
    if truth["limited"]["rank"] is not None and not truth["limited"]["once"]:
        rank = truth["limited"]["rank"]
        assert answer.findings[0].ranks == ((rank, rank),)
        assert answer.findings[0].conclusive
        assert answer.heat is not None
        assert {who for row in answer.heat.late_rank for who in row} <= {rank, -1}
    assert answer.ideal_ns <= answer.job_ns
    assert sum(share.ns for share in answer.account) == answer.window_ns
    for share in answer.account[1:]:
        assert sum(ns for _, ns in share.causes) == share.ns
        assert all(ns > 0 for _, ns in share.causes)
