"""Which traces of a folder are one run: by what they say of their job, and never by lying beside one another."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.errors import SeveralRuns, TraceUnreadable
from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.readers import load, runs
from gpu_trace_analyzers.readers.folders.jobs import Facts, joined, joined_in_a_folder
from small_traces import CUDA

TRACES = Path(__file__).parents[5] / "samples/traces"
EPOCH_NS = 1_790_857_026_000_000_000


def trace(path, rank=None, world=None, at_ns=0, pid=77, run=None, clock=True):
    """A trace of 60 µs that begins at that time."""
    keys = {} if rank is None else {"distributedInfo": {"rank": rank} | ({"world_size": world} if world else {})}
    keys |= {} if run is None else {"gpu_trace_run": run}
    text = CUDA.replace('"pid":77', '"pid": 77').replace('"pid": 77', f'"pid": {pid}')
    text = text.replace(str(EPOCH_NS), str(EPOCH_NS + at_ns))
    if not clock:
        text = text.replace(f'"baseTimeNanoseconds": {EPOCH_NS},', "")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace("{", "{" + json.dumps(keys)[1:-1] + ("," if keys else ""), 1))


def run_folder(path, job=None, at_ns=0, **about):
    trace(path / "trace.json", at_ns=at_ns, **about)
    (path / "run.json").write_text(json.dumps({"job": job, "began_ns": EPOCH_NS + at_ns, "wall_ns": 10**9}))


def found(folder):
    return [sorted(str(part.path.relative_to(folder)) for part in run.parts) for run in runs(folder)]


LATER = 10**9


@pytest.mark.parametrize(
    ("one", "two", "are_one"),
    [
        ({"rank": 0, "world": 2}, {"rank": 1, "world": 2}, True),
        ({"rank": 0, "world": 2}, {"rank": 1, "world": 2, "at_ns": 30_000}, True),
        ({"rank": 0, "world": 2}, {"rank": 1, "world": 2, "at_ns": LATER}, False),
        ({"rank": 0, "world": 2}, {"rank": 1, "world": 4}, False),
        ({"rank": 0, "world": 2}, {"rank": 0, "world": 2, "pid": 78}, False),
        ({"rank": 0, "world": 2}, {"rank": 0, "world": 2, "at_ns": LATER, "pid": 78}, False),
        ({"rank": 0, "world": 2}, {"rank": 0, "world": 2, "at_ns": LATER}, True),  # one process, in turns
        ({"rank": 0, "world": 2}, {}, False),
        ({}, {"pid": 78}, False),
        ({}, {"at_ns": LATER}, False),  # a process id alone may come again
        ({"run": "1-2"}, {"run": "1-2", "pid": 78}, True),
        ({"run": "1-2"}, {"run": "1-3", "pid": 78}, False),
        ({"rank": 0, "world": 2}, {"rank": 1, "world": 2, "clock": False}, False),  # other names, unknown times
    ],
)
def test_two_traces_of_one_folder(one, two, are_one, tmp_path):
    trace(tmp_path / "a.json", **one)
    trace(tmp_path / "b.json", **two)
    assert found(tmp_path) == ([["a.json", "b.json"]] if are_one else [["a.json"], ["b.json"]])
    if are_one:
        assert len(load(tmp_path).work) == 10
    else:
        with pytest.raises(SeveralRuns, match=r"holds 2 runs, not one; give one of them, such as .*a\.json"):
            load(tmp_path)


def test_where_only_names_tell_ranks_they_are_equal_but_for_these(tmp_path):
    for name in ("ddp_rank0", "ddp_rank1", "fsdp_rank0", "fsdp_rank1", "again_rank1"):
        trace(tmp_path / f"{name}.json")
    expected = [["again_rank1.json"], ["ddp_rank0.json", "ddp_rank1.json"], ["fsdp_rank0.json", "fsdp_rank1.json"]]
    assert found(tmp_path) == expected


def test_jobs_that_ran_at_one_time_and_lie_in_one_folder_are_not_guessed_apart(tmp_path):
    for name in ("a", "b"):
        for rank in range(2):
            trace(tmp_path / f"{name}{rank}.json", rank=rank, world=2, pid=100 * rank + ord(name))
    assert len(found(tmp_path)) == 4


def test_jobs_that_ran_at_one_time_in_folders_of_their_own_are_those_of_the_folders(tmp_path):
    for name in ("ddp", "fsdp"):
        for rank in range(2):
            trace(tmp_path / name / f"trace-rank-{rank}.json", rank=rank, world=2)
    assert [run.name for run in runs(tmp_path)] == ["ddp", "fsdp"]
    assert [len(run.load().work) for run in runs(tmp_path)] == [10, 10]
    assert runs(tmp_path)[0].load().source.path == str(tmp_path / "ddp")


def test_ranks_in_folders_of_their_own_are_one_job(tmp_path):
    for rank in range(2):
        trace(tmp_path / f"rank{rank}/trace.json", rank=rank, world=2)
    assert load(tmp_path).source.path == str(tmp_path)
    assert sorted(process.rank for process in load(tmp_path).processes) == [0, 1]


@pytest.mark.parametrize(
    ("launchers", "at_ns", "are_one"),
    [(("1-2", "1-2"), LATER, True), (("1-2", "3-4"), 0, True), (("1-2", "3-4"), 2 * LATER, False)],
)
def test_run_folders_say_themselves_which_launcher_started_them(launchers, at_ns, are_one, tmp_path):
    for rank, launcher in enumerate(launchers):
        job = {"launcher": launcher, "rank": rank, "world_size": 2}
        run_folder(tmp_path / f"{launcher}/rank-{rank}", job, rank * at_ns, rank=rank, world=2)
    assert len(found(tmp_path)) == (1 if are_one else 2)


@pytest.mark.parametrize(("at_ns", "are_one"), [(0, True), (2 * LATER, False)])
def test_machines_with_a_run_folder_each_are_one_job(at_ns, are_one, tmp_path):
    for node in range(2):
        own = (2 * node, 2 * node + 1)
        for rank in own:
            trace(tmp_path / f"node-{node}/trace-rank-{rank}.json", rank=rank, world=4, at_ns=node * at_ns)
        ranks = [{"rank": rank, "world_size": 4} for rank in own]
        about = {"job": None, "ranks": ranks, "began_ns": EPOCH_NS + node * at_ns, "wall_ns": 10**9}
        (tmp_path / f"node-{node}/run.json").write_text(json.dumps(about))
    assert found(tmp_path) == ([["node-0", "node-1"]] if are_one else [["node-0"], ["node-1"]])
    if are_one:
        assert [process.rank for process in load(tmp_path).processes] == [0, 1, 2, 3]


def test_run_folders_are_not_read_to_know_that_they_are_several(tmp_path):
    for number in range(3):
        run_folder(tmp_path / f"train-{number}")
        (tmp_path / f"train-{number}/trace.json").write_text('{"traceEvents": [' + '{"ph": "X"},' * 9)
    assert [run.name for run in runs(tmp_path)] == ["train-0", "train-1", "train-2"]
    with pytest.raises(SeveralRuns):
        load(tmp_path)


def test_a_run_folder_of_several_processes_is_one_run(tmp_path):
    (tmp_path / "run.json").write_text("{}")
    for pid in (77, 78):
        trace(tmp_path / f"trace-process-{pid}.json", pid=pid)
    assert len(load(tmp_path).processes) == 2
    shutil.copytree(tmp_path, tmp_path / "others/again")
    assert len(runs(tmp_path)) == 1


def test_a_run_without_a_trace_and_one_that_cannot_be_read_are_among_the_others(tmp_path):
    run_folder(tmp_path / "whole")
    run_folder(tmp_path / "without")
    (tmp_path / "without/trace.json").unlink()
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare/torn.json").write_text('{"schemaVersion": 1, "traceEvents": [' + '{"args":{' * 100_000)
    torn, whole, without = runs(tmp_path)
    assert (whole.problem, without.name) == (None, "without")
    assert "is a run folder without a trace" in str(without.problem)
    assert torn.problem is not None
    with pytest.raises(TraceUnreadable, match=r"torn\.json"):
        load(tmp_path)


@pytest.mark.slow
def test_the_recorded_jobs_are_one_run_each():
    folders = sorted(path for path in (TRACES / "two_h200").iterdir() if path.is_dir())
    assert len(folders) == 8
    assert [len(runs(folder)) for folder in folders] == [1] * 8
    several = runs(TRACES / "two_h200")
    assert {run.name for run in several if len(run.parts) == 2} == {folder.name for folder in folders}
    ddp = [run for run in runs(TRACES) if run.name.startswith("ddp_rank")]
    assert [run.name for run in ddp] == ["ddp_rank0.json.gz and 1 more"]


SPANS = st.none() | st.tuples(st.integers(0, 20), st.integers(1, 20)).map(lambda pair: (pair[0], sum(pair)))
FACTS = st.builds(
    Facts,
    launcher=st.sampled_from(["", "", "1", "2"]),
    ranks=st.sampled_from([frozenset(), *(frozenset([rank]) for rank in range(4))]),
    world_size=st.sampled_from([MISSING, 2, 4]),
    span_ns=SPANS,
    process=st.sampled_from([(), ("a",), ("b",)]),
    stem=st.sampled_from(["a", "b"]),
)


@given(st.lists(FACTS, max_size=8))
def test_every_trace_is_of_one_run_and_nothing_joins_equal_ranks_of_two_launchers(facts):
    numbered = [(number, replace(each, process=())) for number, each in enumerate(facts)]
    groups = joined([[part] for part in numbered], lambda part: part[1])
    assert sorted(number for group in groups for number, _ in group) == list(range(len(facts)))
    for group in groups:
        for i, (_, a) in enumerate(group):
            for _, b in group[:i]:
                same_launcher = bool(a.launcher) and a.launcher == b.launcher
                assert same_launcher or not a.ranks & b.ranks
    launchers = {each.launcher for each in facts} - {""}
    for launcher in launchers:
        assert sum(any(each.launcher == launcher for _, each in group) for group in groups) == 1


@given(st.lists(FACTS, max_size=6))
def test_files_in_one_folder_are_a_partition_too(facts):
    groups = joined_in_a_folder(list(enumerate(facts)), lambda part: part[1])
    assert sorted(number for group in groups for number, _ in group) == list(range(len(facts)))
