"""Jobs of two ranks are what they are natively, however they are started and end; gloo, on the CPU."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.questions.collectives import collective_figures
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.readers import load
from rank_jobs import ENDINGS, LAUNCHERS, NATIVE, run_job, traces, written

REDUCE = "all_reduce"


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_a_job_has_one_folder_with_a_trace_per_rank(launcher, tmp_path):
    ended = run_job("whole", LAUNCHERS[launcher], tmp_path)
    assert (ended.lines, ended.code) == (["rank 0: 3\n", "rank 1: 3\n"], 0), ended.stderr
    found = traces(tmp_path)
    assert sorted(found) == [0, 1]
    for trace in found.values():
        assert sum(REDUCE in event["name"] for event in trace["traceEvents"]) >= 20
    [job] = (tmp_path / "gpu-trace-runs").iterdir() if "no-python" in launcher else [tmp_path / "run"]
    loaded = load(job)
    assert {process.rank for process in loaded.processes} == {0, 1}
    reduced = [row for row in collective_figures(Scope(loaded)) if REDUCE in row.name]
    assert [(row.name, row.count >= 20) for row in reduced] == [("gloo:all_reduce", True)] * 2


@pytest.mark.parametrize("ending", sorted(ENDINGS))
def test_a_job_ends_as_it_does_natively(ending, tmp_path):
    native = run_job(ending, NATIVE, tmp_path / "native")
    traced = run_job(ending, LAUNCHERS["--nproc-per-node"], tmp_path / "traced")
    assert (traced.lines, traced.code) == (native.lines, native.code), traced.stderr
    expected = {0} if ending == "is killed" else {0, 1}  # of a killed process the operators are lost
    assert traces(tmp_path / "traced").keys() == expected
    if ending == "fails":
        assert "ValueError: on purpose" in traced.stderr
        assert "ValueError: on purpose" in native.stderr


def test_what_a_rank_starts_is_no_rank_and_has_a_trace_of_its_own(tmp_path):
    ended = run_job("has children", LAUNCHERS["--nproc-per-node"], tmp_path)
    assert (ended.lines, ended.code) == (["rank 0: 3\n", "rank 1: 3\n"], 0), ended.stderr
    ranks, children = traces(tmp_path), [trace for trace in written(tmp_path) if "distributedInfo" not in trace]
    assert sorted(ranks) == [0, 1]
    for trace in ranks.values():
        assert sum(REDUCE in event["name"] for event in trace["traceEvents"]) >= 20
    assert len(children) == 2
    assert all(any(event["name"] == "aten::sub" for event in trace["traceEvents"]) for trace in children)
