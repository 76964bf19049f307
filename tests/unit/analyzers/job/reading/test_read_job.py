"""A job is read to the same bytes by one process and by several."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from gpu_trace_analyzers.asked import Asked
from gpu_trace_analyzers.errors import TraceUnreadable, WorkerLost
from gpu_trace_analyzers.job.findings.absent import damaged
from gpu_trace_analyzers.job.kept.encoding import encoded
from gpu_trace_analyzers.job.kept.merged import merged
from gpu_trace_analyzers.job.kept.partial import Partial
from gpu_trace_analyzers.job.kept.tables import Ranks, Unreadable
from gpu_trace_analyzers.job.reading.gathered import Gathered
from gpu_trace_analyzers.job.reading.on_processes import on_processes
from gpu_trace_analyzers.job.reading.read_job import read_job
from gpu_trace_analyzers.job.reading.sources import rank_files
from in_sessions import in_session
from scripts.rank_copies import SMALL, write_ranks

if TYPE_CHECKING:
    from pathlib import Path

RANKS = 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("job") / "ranks"
    write_ranks(folder, RANKS, SMALL)
    return folder


def test_one_process_and_two_read_the_same_bytes(folder):
    files, done = rank_files(folder), []
    one = read_job(folder, files, Asked(), workers=1)
    two = read_job(folder, files, Asked(), workers=2, done=lambda: done.append(1))
    assert encoded(one) == encoded(two)
    assert one.ranks.rank.tolist() == list(range(RANKS))
    assert len(done) == len(files)


def test_few_bytes_are_read_without_other_processes(folder, monkeypatch):
    monkeypatch.setattr("gpu_trace_analyzers.job.reading.read_job.on_processes", None)
    assert len(read_job(folder, rank_files(folder), Asked()).ranks) == RANKS


def test_a_process_that_ends_is_named_in_a_sentence():
    with pytest.raises(WorkerLost, match="was killed"):
        on_processes([1], os._exit, 2)  # what reads the file ends the process that reads it


_SLEEPING = """
import time
from gpu_trace_analyzers.job.reading.on_processes import on_processes
if __name__ == "__main__":
    print("begins", flush=True)
    on_processes([60, 60], time.sleep, 2)
"""


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL])
def test_all_processes_end_with_the_command(by, tmp_path):
    (program := tmp_path / "sleeping.py").write_text(_SLEEPING)
    with subprocess.Popen([sys.executable, program], stdout=-1, stderr=-1, start_new_session=True) as command:
        deadline = time.monotonic() + 60
        while in_session(command.pid) < 5 and time.monotonic() < deadline:  # two that sleep, and what starts them
            time.sleep(0.1)
        os.killpg(command.pid, by) if by is signal.SIGINT else command.kill()
        command.communicate()
        while in_session(command.pid) and time.monotonic() < deadline:
            time.sleep(0.1)
    assert in_session(command.pid) == 0
    assert time.monotonic() < deadline


def test_a_file_that_cannot_be_read_is_named_and_costs_no_other(folder, tmp_path):
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "trace-rank-2.json.gz").write_bytes(b'{"schemaVersion": 1, "traceEvents": [')
    part = read_job(tmp_path, rank_files(tmp_path), Asked())
    assert part.ranks.rank.tolist() == [0, 1, 3]
    assert [part.text(code) for code in part.unreadable.path.tolist()] == ["trace-rank-2.json.gz"]
    assert part.unreadable.rank.tolist() == [2]


@pytest.mark.parametrize("has_trace", [True, False])
def test_a_folder_that_is_called_as_the_file_of_a_rank_is_read_or_named(has_trace, folder, tmp_path):
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (inside := tmp_path / "trace-rank-2.json").mkdir()
    (tmp_path / "trace-rank-2.json.gz").rename(inside / "trace.json.gz")
    if not has_trace:
        (inside / "trace.json.gz").unlink()
    part = read_job(tmp_path, rank_files(tmp_path), Asked())
    assert part.ranks.rank.tolist() == ([0, 1, 2, 3] if has_trace else [0, 1, 3])
    assert [part.text(code) for code in part.unreadable.problem.tolist()] == [
        f"{inside}: is a folder without a trace; give a run folder, or one with a trace for each rank"
    ] * (not has_trace)


def test_files_that_say_one_rank_are_left_out_for_which_is_right_is_not_known(folder, tmp_path):
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "trace-rank-7.json.gz").write_bytes((tmp_path / "trace-rank-2.json.gz").read_bytes())
    part = read_job(tmp_path, rank_files(tmp_path), Asked())
    assert part.ranks.rank.tolist() == [0, 1, 3]
    assert all(2 not in table.rank for table in (part.collectives, part.groups, part.losses, part.operations))
    assert part.unreadable.rank.tolist() == [2, 2]
    assert [part.text(code) for code in part.unreadable.problem.tolist()] == [
        f"trace-rank-{name}.json.gz: says that it is of rank 2, as 1 other file says, so none of them is used"
        for name in (2, 7)
    ]


def test_files_that_all_say_one_rank_are_no_job(folder, tmp_path):
    for rank in range(3):
        (tmp_path / f"trace-rank-{rank}.json.gz").write_bytes((folder / "trace-rank-0.json.gz").read_bytes())
    with pytest.raises(TraceUnreadable, match=r"none of 3 .* of rank 0, as 2 other files say, so none"):
        read_job(tmp_path, rank_files(tmp_path), Asked())


def test_a_job_of_which_nothing_can_be_read_is_an_error(tmp_path):
    (tmp_path / "rank0.json").write_text('{"schemaVersion": 1, "traceEvents": []}')
    with pytest.raises(TraceUnreadable, match=r"none of 1 ranks can be read; of the first: rank0.json: has no device"):
        read_job(tmp_path, rank_files(tmp_path), Asked())


def test_parts_that_come_one_by_one_are_the_whole():
    parts = [Partial(("x",), ranks=Ranks.of({"rank": [rank], "path": [0]})) for rank in range(100)]
    gathered = Gathered()
    for part in reversed(parts):
        gathered.add(part)
    assert encoded(gathered.whole()) == encoded(merged(parts))


def test_several_files_of_one_rank_that_are_not_used_are_one_damaged_rank_and_the_first_is_named():
    rows = Unreadable.of({"rank": [3, 3], "path": [0, 1], "problem": [2, 3]})
    (found,) = damaged(Partial(("b", "c", "b: is left out", "c: is left out"), unreadable=rows))
    assert found.sentence == "rank 3 has files that are damaged or left out: the first: b: is left out"


def test_a_defect_of_gpu_trace_with_every_rank_is_a_sentence(folder, monkeypatch):
    monkeypatch.setattr("gpu_trace_analyzers.job.reading.from_files.of_rank", None)
    with pytest.raises(TraceUnreadable, match=r"gpu-trace failed on it, TypeError: .*; please report that"):
        read_job(folder, rank_files(folder), Asked(), workers=1)
