"""Jobs of two ranks over NCCL, however they are started and end: pytest -m gpu tests/gpu/test_ranks.py"""

from __future__ import annotations

from pathlib import Path
from statistics import median

import pytest

from gpu_trace_analyzers.model import Engine
from gpu_trace_analyzers.readers import load
from rank_jobs import ENDINGS, LAUNCHERS, NATIVE, run_job, run_on_machines, traces

pytestmark = pytest.mark.gpu
two_gpus = pytest.mark.skipif(len(list(Path("/dev").glob("nvidia[0-9]*"))) < 2, reason="ranks on one GPU take turns")
CLOSE_NS = 50_000
COLLECTIVES = 20
"""that each rank does, of 256 KiB, before it ends in one way or another"""


def kernels(trace) -> list[dict]:
    """NCCL's all-reduces in the order of their ends."""
    rows = [row for row in trace["traceEvents"] if row.get("cat") == "kernel" and "AllReduce" in row["name"]]
    return sorted(rows, key=lambda row: row["ts"] + row["dur"])


@pytest.fixture(scope="module")
def native(tmp_path_factory):
    """How each job ends without gpu-trace."""
    known = {}

    def run(ending: str):
        if ending not in known:
            known[ending] = run_job(ending, NATIVE, tmp_path_factory.mktemp("native"))
        return known[ending]

    return run


@pytest.mark.parametrize("launcher", LAUNCHERS)
@pytest.mark.parametrize("ending", sorted(ENDINGS))
def test_a_job_ends_as_it_does_natively_and_keeps_the_trace_of_each_rank(ending, launcher, native, tmp_path):
    alone, traced = native(ending), run_job(ending, LAUNCHERS[launcher], tmp_path)
    assert (traced.lines, traced.code) == (alone.lines, alone.code), traced.stderr
    found = traces(tmp_path)
    assert sorted(found) == [0, 1]
    assert min(len(kernels(trace)) for trace in found.values()) >= COLLECTIVES
    runs = list((tmp_path / "gpu-trace-runs").iterdir()) if "no-python" in launcher else [tmp_path / "run"]
    assert len(runs) == 1
    assert {process.rank for process in load(runs[0]).processes} == {0, 1}


@two_gpus
@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_ranks_end_the_same_collective_together(launcher, tmp_path):
    assert run_job("whole", LAUNCHERS[launcher], tmp_path).code == 0
    found = traces(tmp_path)
    bases = [found[rank]["baseTimeNanoseconds"] for rank in (0, 1)]
    ends = [
        [base + round((row["ts"] + row["dur"]) * 1000) for row in kernels(found[rank])]
        for rank, base in enumerate(bases)
    ]
    apart = [abs(one - other) for one, other in zip(*ends, strict=True)]
    assert len(apart) >= COLLECTIVES
    assert median(apart) <= CLOSE_NS


def check_collectives(folder, run):
    """Both ranks say the same of each collective: its group with all ranks, bytes and place."""
    said = [[row["args"] for row in kernels(trace)] for _, trace in sorted(traces(folder).items())]
    own = [[args for args in of_rank if args.get("bytes") == 4 << 16] for of_rank in said]
    assert [len(args) for args in own] == [COLLECTIVES, COLLECTIVES]
    for one, other in zip(*own, strict=True):
        names = ("Collective name", "Process Group Name", "Process Group Ranks", "Group size", "Seq", "bytes")
        assert [one[name] for name in names] == [other[name] for name in names]
        assert (one["Collective name"], one["Process Group Ranks"], one["Group size"]) == ("AllReduce", [0, 1], 2)
    assert [args["Seq"] for args in own[0]] == list(range(own[0][0]["Seq"], own[0][0]["Seq"] + COLLECTIVES))
    work = load(run).work
    assert len(set(work.group[work.engine == Engine.COLLECTIVE].tolist())) == 1


def test_every_collective_says_its_group_bytes_and_place(tmp_path):
    assert run_job("whole", LAUNCHERS["--nproc-per-node"], tmp_path).code == 0
    check_collectives(tmp_path, tmp_path / "run")


def test_machines_that_record_apart_say_the_same_of_a_collective(tmp_path):
    ended = run_on_machines(tmp_path, recorded=True)
    assert (ended.lines, ended.code) == (["rank 0: 3\n", "rank 1: 3\n"], 0), ended.stderr
    check_collectives(tmp_path, tmp_path / "shared")
    for trace in traces(tmp_path).values():
        assert [group["ranks"] for group in trace["distributedInfo"]["pg_config"]] == [[0, 1]]
