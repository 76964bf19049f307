"""The raw recording is removed whole, also while a process that the script left writes into it."""

from __future__ import annotations

import sys
import threading

import pytest

from gpu_trace.recording import job
from gpu_trace.recording.folder import RUNS, RunFolder, create
from gpu_trace.recording.request import Block, Module, Request, Script


def test_nothing_is_left_of_it_while_a_process_still_writes(tmp_path):
    """As the recorder does: each write opens the file by its name, and makes it if it is not there."""
    folder = RunFolder(tmp_path / "run")
    folder.raw.mkdir(parents=True)
    for number in range(500):
        (folder.raw / f"notes-{number}").touch()
    has_begun = threading.Event()

    def write():
        number = 0
        try:
            while True:
                (folder.raw / f"cupti-{number}").touch()
                number += 1
                has_begun.set()
        except FileNotFoundError:
            pass

    writer = threading.Thread(target=write)
    writer.start()
    has_begun.wait()
    folder.discard_raw()
    writer.join(timeout=30)
    assert not writer.is_alive()
    assert list(folder.path.iterdir()) == []


def test_where_there_is_none_nothing_happens(tmp_path):
    RunFolder(tmp_path).discard_raw()
    assert list(tmp_path.iterdir()) == []


def test_a_rank_that_records_again_has_a_folder_of_its_own_each_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    monkeypatch.setattr(job, "rank", lambda: 1)
    monkeypatch.setattr(job, "name", lambda: "job")
    paths = [create(Request(Block())).path for _ in range(2)]
    assert paths == [tmp_path / RUNS / "train-job/rank-1", tmp_path / RUNS / "train-job-2/rank-1"]


@pytest.mark.parametrize(
    ("target", "names"),
    [
        (Script("train.py"), ["rank-0", "rank-1"]),
        (Module("torch.distributed.run", ("train.py",)), ["node-0", "node-1"]),
    ],
)
def test_what_a_scheduler_numbers_has_a_folder_each_in_the_one_that_all_are_given(target, names, tmp_path, monkeypatch):
    for number in range(2):
        monkeypatch.setattr(job, "rank", lambda number=number: number)
        create(Request(target, folder=tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_a_program_without_a_name_is_called_python(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [])
    assert create(Request(Block())).path.name.startswith("python-")
