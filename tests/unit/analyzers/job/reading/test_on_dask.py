"""A Dask cluster reads a job to the same bytes as one process, also if a worker is killed midway."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from gpu_trace_analyzers.asked import Asked
from gpu_trace_analyzers.errors import UsageError, WorkerLost
from gpu_trace_analyzers.job.kept.bounds import Bounds
from gpu_trace_analyzers.job.kept.encoding import encoded
from gpu_trace_analyzers.job.reading import on_dask as module
from gpu_trace_analyzers.job.reading.from_files import part_of
from gpu_trace_analyzers.job.reading.in_process import in_process
from gpu_trace_analyzers.job.reading.on_dask import LOCAL, on_dask
from gpu_trace_analyzers.job.reading.sources import rank_files
from in_sessions import in_session
from scripts.rank_copies import SMALL, write_ranks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RANKS = 5
READ = partial(part_of, asked=Asked(), bounds=Bounds.of(RANKS))


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a cluster of two processes."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("job") / "ranks"
    write_ranks(folder, RANKS, SMALL)
    return folder


def killed_at(rank: int, marker: Path):
    """Reads a rank; the first worker that is to read this one is killed instead."""

    def read(files):
        if files.rank == rank and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return READ(files)

    return read  # not found by a name, so it is pickled whole


def test_a_worker_that_is_killed_midway_changes_no_byte(scheduler, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_TOGETHER", 2)  # so that parts are merged twice on the way
    files, done = rank_files(folder), []
    whole = on_dask(files, killed_at(3, tmp_path / "killed"), scheduler, 2, lambda: done.append(1))
    assert (tmp_path / "killed").exists()
    assert len(done) >= RANKS
    assert encoded(whole) == encoded(in_process(files, READ))


def test_workers_that_end_again_and_again_are_named(scheduler, folder):
    def read(_):
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(WorkerLost, match="ended again and again"):
        on_dask(rank_files(folder)[:1], read, scheduler, 2)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "no address"])
def test_a_scheduler_that_does_not_answer_is_named(address, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(module, "_PATIENCE_S", 0.2)
    with pytest.raises(WorkerLost, match=f"--dask {address}: no scheduler answers there"):
        on_dask([], READ, address, 1)


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'gpu-trace\[dask\]'"):
        on_dask([], READ, LOCAL, 1)


_INTERRUPTED = """
import sys, time
from functools import partial
from pathlib import Path
from gpu_trace.endings import errors_become_exit_codes
from gpu_trace_analyzers.job.reading.on_dask import LOCAL, on_dask

def reads(begun, _):
    begun.touch()
    time.sleep(60)

if __name__ == "__main__":
    with errors_become_exit_codes():
        on_dask([1, 2], partial(reads, Path(sys.argv[1])), LOCAL, 2)
"""


def is_reading(begun: Path, _: int) -> bool:
    return begun.exists()


def is_starting(_: Path, leader: int) -> bool:
    return in_session(leader) > 2  # the command, what multiprocessing starts beside it, and a worker


@pytest.mark.parametrize("now", [is_starting, is_reading])
def test_interrupted_it_says_one_line_and_leaves_no_process(now, tmp_path):
    pytest.importorskip("distributed")
    (program := tmp_path / "interrupted.py").write_text(_INTERRUPTED)
    line = [sys.executable, str(program), str(tmp_path / "begun")]
    with subprocess.Popen(line, stdout=-1, stderr=-1, text=True, start_new_session=True) as command:
        while command.poll() is None and not now(tmp_path / "begun", command.pid):
            time.sleep(0.02)
        os.killpg(command.pid, signal.SIGINT)
        time.sleep(0.1)
        os.killpg(command.pid, signal.SIGINT)  # as one does who thinks that the first was not enough
        assert command.communicate(timeout=60) == ("", "gpu-trace: interrupted\n")
    assert command.returncode == 130
    deadline = time.monotonic() + 60
    while in_session(command.pid) and time.monotonic() < deadline:  # what multiprocessing starts beside it ends last
        time.sleep(0.02)
    assert in_session(command.pid) == 0
