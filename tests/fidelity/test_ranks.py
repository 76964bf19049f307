"""Jobs of two ranks are what they are natively, however they are started and end; gloo, on the CPU."""

from __future__ import annotations

import json
import os

import pytest

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.questions.collectives import collective_figures
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.readers import load
from rank_jobs import ENDINGS, JOB, LAUNCHERS, LEAVE, NATIVE, Ended, run_job, run_on_machines, traces, written
from recalled import halves

REDUCE = "all_reduce"
ALSO_NATIVE = "--nproc-per-node"
"""the launcher whose jobs are compared with native ones"""


def check_whole(folder, children=0):
    """One folder with a trace per rank, on one clock."""
    found = traces(folder)
    assert sorted(found) == [0, 1]
    assert len(written(folder)) == 2 + children  # none of the launcher
    for rank, trace in found.items():
        info = trace["distributedInfo"]
        assert info == {**info, "rank": rank, "world_size": 2}
        assert trace["host"] == os.uname().nodename
        assert sum(REDUCE in event["name"] for event in trace["traceEvents"]) >= 20
    assert len({trace["baseTimeNanoseconds"] for trace in found.values()}) == 1


def check_figures(job, children=0):
    loaded = load(job)
    assert sorted(process.rank for process in loaded.processes) == [MISSING] * children + [0, 1]
    reduced = [row for row in collective_figures(Scope(loaded)) if REDUCE in row.name]
    assert [(row.name, row.count >= 20) for row in reduced] == [("gloo:all_reduce", True)] * 2


def check_children(folder):
    """What a rank starts is no rank, and has a trace of its own."""
    [child] = [trace for trace in written(folder) if "distributedInfo" not in trace]
    assert any(event["name"] == "aten::sub" for event in child["traceEvents"])


@pytest.mark.parametrize("launcher", sorted(LAUNCHERS.keys() - {ALSO_NATIVE}))
def test_a_job_has_one_folder_with_a_trace_per_rank(launcher, tmp_path):
    ended = run_job("whole", LAUNCHERS[launcher], tmp_path)
    assert (ended.lines, ended.code) == (["rank 0: 3\n", "rank 1: 3\n"], 0), ended.stderr
    check_whole(tmp_path)
    if "no-python" in launcher:
        [job] = (tmp_path / "gpu-trace-runs").iterdir()
        assert sorted(path.name for path in job.iterdir()) == ["rank-0", "rank-1"]
    else:
        job = tmp_path / "run"
    check_figures(job)


@pytest.mark.parametrize("ending", sorted(ENDINGS.keys() - {"whole"}))  # the one that has a child is whole, too
def test_a_job_ends_as_it_does_natively(ending, tmp_path):
    native, traced = halves(
        JOB + ENDINGS[ending],
        Ended,
        lambda: run_job(ending, NATIVE, tmp_path / "native"),
        lambda: run_job(ending, LAUNCHERS[ALSO_NATIVE], tmp_path / "traced"),
    )
    assert traced == native, traced.stderr
    expected = {0} if ending == "is killed" else {0, 1}  # of a killed process the operators are lost
    assert traces(tmp_path / "traced").keys() == expected
    if ending == "fails":
        assert "ValueError: on purpose" in traced.stderr
        assert "ValueError: on purpose" in native.stderr
    if ending == "has a child":
        assert (traced.lines, traced.code) == (["rank 0: 3\n", "rank 1: 3\n"], 0), traced.stderr
        check_whole(tmp_path / "traced", children=1)
        check_figures(tmp_path / "traced/run", children=1)
        check_children(tmp_path / "traced")


def test_machines_with_a_run_folder_each_in_a_shared_folder_are_one_job(tmp_path):
    native, traced = halves(
        ("machines", JOB + LEAVE),
        Ended,
        lambda: run_on_machines(tmp_path / "native", recorded=False),
        lambda: run_on_machines(tmp_path / "traced", recorded=True),
    )
    assert traced == native, traced.stderr
    assert (traced.lines, traced.code) == (["rank 0: 3\n", "rank 1: 3\n"], 0), traced.stderr
    shared = tmp_path / "traced/shared"
    check_figures(shared)
    for rank, trace in traces(shared).items():
        facts = json.loads((shared / f"node-{rank}/run.json").read_text())
        [place] = facts["ranks"]
        assert (place["rank"], place["world_size"], place["backend"]) == (rank, 2, "gloo")
        assert facts["job"] is None  # the launcher has no rank
        assert [(group["description"], group["ranks"]) for group in facts["groups"]] == [("default_pg", "0-1")]
        assert [group["ranks"] for group in trace["distributedInfo"]["pg_config"]] == [[0, 1]]
        assert facts["host"] == trace["host"] == os.uname().nodename
        assert facts["clock"]["set_by_ns"] == 0
