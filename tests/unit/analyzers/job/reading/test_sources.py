"""Which files are of which rank, and what becomes of a rank that has several, or of a file that has several ranks."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from gpu_trace_analyzers.asked import Asked
from gpu_trace_analyzers.errors import TraceUnreadable
from gpu_trace_analyzers.job.kept.bounds import Bounds
from gpu_trace_analyzers.job.kept.encoding import encoded
from gpu_trace_analyzers.job.kept.merged import merged
from gpu_trace_analyzers.job.kept.of_rank import of_rank
from gpu_trace_analyzers.job.reading.each_rank import each_rank
from gpu_trace_analyzers.job.reading.from_files import part_of
from gpu_trace_analyzers.job.reading.sources import RankFiles, job_in, rank_files
from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.readers import load
from small_traces import CUDA

BOUNDS = Bounds.of(1)
EPOCH_NS = 1_790_857_026_000_000_000
DDP = Path(__file__).parents[5] / "samples/traces/two_h200/ddp"


def trace(path, rank=None, world=16, at_ns=0, pid=77, run=None):
    """A trace of 60 µs that begins at that time."""
    keys = {} if rank is None else {"distributedInfo": {"rank": rank, "world_size": world}}
    keys |= {} if run is None else {"gpu_trace_run": run}
    text = CUDA.replace('"pid":77', '"pid": 77').replace('"pid": 77', f'"pid": {pid}')
    text = text.replace(str(EPOCH_NS), str(EPOCH_NS + at_ns))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace("{", "{" + json.dumps(keys)[1:-1] + ("," if keys else ""), 1))


def problems(part):
    rows = part.unreadable
    return [(rank, part.text(problem)) for rank, problem in zip(rows.rank.tolist(), rows.problem.tolist(), strict=True)]


def test_files_are_told_apart_by_the_rank_in_their_names(tmp_path):
    for rank in (10, 2, 9):
        trace(tmp_path / f"trace-rank-{rank}.json")
    found = [RankFiles(tmp_path, (f"trace-rank-{rank}.json",), rank) for rank in (2, 9, 10)]
    assert rank_files(tmp_path) == found


def test_what_a_file_says_of_its_rank_goes_before_its_name(tmp_path):
    for rank in range(12):  # on each of two machines, files are named after the rank there
        trace(tmp_path / f"node{rank // 6}" / f"rank{rank % 6}.json", rank=rank)
    assert [(files.rank, files.names) for files in job_in(tmp_path)][5:7] == [
        (5, ("node0/rank5.json",)),
        (6, ("node1/rank0.json",)),
    ]


def test_the_ranks_of_a_large_job_are_known_without_opening_each_file(tmp_path):
    for rank in range(12):
        trace(tmp_path / f"trace-rank-{rank}.json", rank=rank)
    for rank in (5, 7):
        (tmp_path / f"trace-rank-{rank}.json").write_bytes(b"")
    assert [files.rank for files in job_in(tmp_path)] == list(range(12))
    with pytest.raises(TraceUnreadable, match=r"trace-rank-5\.json: is empty"):
        load(tmp_path)  # as one trace it would lack a rank, and not say so
    part = part_of(job_in(tmp_path)[5], Asked(), BOUNDS)
    assert [rank for rank, _ in problems(part)] == [5]


def test_the_files_of_a_job_are_found_from_any_working_directory(tmp_path, monkeypatch):
    for rank in range(9):
        trace(tmp_path / "job" / f"trace-rank-{rank}.json", rank=rank)
    monkeypatch.chdir(tmp_path)
    assert job_in(Path("job"))[3].paths == (tmp_path / "job" / "trace-rank-3.json",)


def test_names_that_have_no_rank_do_no_harm(tmp_path):
    for rank in range(9):
        trace(tmp_path / f"host_{100 + rank}.{1000 + rank}.pt.trace.json", rank=rank)
    trace(tmp_path / "other.json")
    assert [files.rank for files in job_in(tmp_path)] == [MISSING, *range(9)]


@pytest.mark.parametrize(
    ("ranks", "about", "is_job"),
    [
        (range(9), {}, True),
        (range(8), {}, False),
        ([None] * 9, {}, False),
        (range(9), {"run": ["a"] * 9}, True),
        (range(9), {"run": ["a"] * 8 + ["b"]}, False),
        (range(9), {"world": [16] * 8 + [8]}, False),
    ],
)
def test_a_job_has_more_ranks_than_a_machine_and_one_launcher(tmp_path, ranks, about, is_job):
    for number, rank in enumerate(ranks):
        trace(tmp_path / f"{'abcdefghi'[number]}.json", rank, **{key: values[number] for key, values in about.items()})
    assert bool(job_in(tmp_path)) == is_job


def test_a_rank_that_was_recorded_twice_by_one_process_has_both(tmp_path):
    trace(tmp_path / "a_rank0.json", rank=0)
    trace(tmp_path / "b_rank0.json", rank=0, at_ns=10**9)
    (files,) = rank_files(tmp_path)
    part = part_of(files, Asked(), BOUNDS)
    both = load(tmp_path)
    assert encoded(part) == encoded(merged([of_rank(Asked().analyze(both), "a_rank0.json", BOUNDS)]))
    assert int(part.ranks.ended_ns[0]) - int(part.ranks.began_ns[0]) > 10**9


def test_a_second_process_of_a_rank_is_named_and_left_out(tmp_path):
    trace(tmp_path / "a_rank0.json", rank=0)
    trace(tmp_path / "b_rank0.json", rank=0, at_ns=10**9, pid=78)
    (files,) = rank_files(tmp_path)
    part = part_of(files, Asked(), BOUNDS)
    sentence = "b_rank0.json: is of rank 0, as a_rank0.json is, but of another process; it is left out"
    assert problems(part) == [(0, sentence)]
    assert encoded(replace(part, unreadable=merged([]).unreadable)) != encoded(merged([]))


def test_a_copy_of_a_file_is_not_called_another_process(tmp_path):
    trace(tmp_path / "a_rank0.json", rank=0)
    part = part_of(rank_files(tmp_path)[0], Asked(), BOUNDS)
    shutil.copy(tmp_path / "a_rank0.json", tmp_path / "b_rank0.json")
    with_copy = part_of(rank_files(tmp_path)[0], Asked(), BOUNDS)
    said = "is of rank 0 and of a time that another file of it is of too, as a copy is; it is left out"
    assert problems(with_copy) == [(0, f"b_rank0.json: {said}")]
    assert int(with_copy.ranks.window_ns[0]) == int(part.ranks.window_ns[0])


def test_a_file_without_a_rank_is_none_of_the_ranks(tmp_path):
    trace(tmp_path / "a.json")
    (files,) = rank_files(tmp_path)
    assert problems(part_of(files, Asked(), BOUNDS)) == [
        (MISSING, "a.json: says no rank, so it is none of those compared")
    ]


def test_a_rank_of_which_cannot_be_asked_what_is_asked_is_named(tmp_path):
    trace(tmp_path / "rank3.json", rank=3)
    (files,) = rank_files(tmp_path)
    ((rank, problem),) = problems(part_of(files, Asked(step_range="no such"), BOUNDS))
    assert (rank, "no such" in problem) == (3, True)


def test_a_rank_on_which_gpu_trace_fails_costs_no_other(tmp_path, monkeypatch):
    def fails(*_):
        raise IndexError("one too far")

    trace(tmp_path / "rank3.json", rank=3)
    (files,) = rank_files(tmp_path)
    monkeypatch.setattr("gpu_trace_analyzers.job.reading.from_files.of_rank", fails)
    sentence = "rank3.json: gpu-trace failed on it, IndexError: one too far; please report that"
    assert problems(part_of(files, Asked(), BOUNDS)) == [(3, sentence)]


def test_the_ranks_of_one_trace_have_the_figures_of_traces_of_their_own():
    both = load(DDP)
    alone = [load(DDP / f"trace-rank-{rank}.json.gz") for rank in range(2)]
    found = [of_rank(Asked().analyze(each), "x", BOUNDS) for each in each_rank(both)]
    expected = [of_rank(Asked().analyze(each), "x", BOUNDS) for each in alone]
    for ours, theirs in zip(found, expected, strict=True):
        for name in ("losses", "steps", "collectives", "groups", "operations", "lengths"):
            one, other = getattr(ours, name), getattr(theirs, name)
            for column in one.columns():
                assert getattr(one, column).tolist() == getattr(other, column).tolist(), (name, column)
        assert ours.ranks.window_ns.tolist() == theirs.ranks.window_ns.tolist()


def test_a_trace_of_one_rank_stays_as_it_is():
    trace_of_one = load(DDP / "trace-rank-0.json.gz")
    assert each_rank(trace_of_one) == [trace_of_one]
