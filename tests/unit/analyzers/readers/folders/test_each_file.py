"""Files are read one after the other or at once, to the same traces and the same errors."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.errors import TraceUnreadable
from gpu_trace_analyzers.readers import runs
from gpu_trace_analyzers.readers.base.processes import reading_processes
from gpu_trace_analyzers.readers.folders import each_file
from gpu_trace_analyzers.reports.document import to_json

TRACES = Path(__file__).parents[5] / "samples" / "traces"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Of two ranks, which are worth a process each."""
    monkeypatch.setattr(each_file, "_WORTH_PROCESSES", 1)
    for rank in (0, 1):
        shutil.copy(TRACES / "two_h200" / "ddp" / f"trace-rank-{rank}.json.gz", tmp_path)
    return tmp_path


def test_processes_read_to_the_same_figures(folder):
    alone, at_once = (runs(folder, workers=workers) for workers in (1, 2))
    assert len(alone) == len(at_once) == 1
    assert to_json(Analysis(alone[0].load(folder)).summary) == to_json(Analysis(at_once[0].load(folder)).summary)


def test_the_error_of_a_process_is_that_of_the_file(folder):
    (folder / "trace-rank-2.json").write_text('{"traceEvents": 5, "schemaVersion": 1}')
    alone, at_once = ([run.problem for run in runs(folder, workers=workers)] for workers in (1, 2))
    assert [str(problem) for problem in alone] == [str(problem) for problem in at_once]
    (problem,) = filter(None, at_once)
    assert type(problem) is TraceUnreadable
    assert problem.problem == "has no trace events"


def test_few_bytes_are_read_by_this_process(folder, monkeypatch):
    monkeypatch.setattr(each_file, "_WORTH_PROCESSES", 1 << 40)
    monkeypatch.setattr("gpu_trace_analyzers.readers.base.processes.reading_processes", None)
    assert len(runs(folder, workers=2)) == 1


def test_a_file_that_is_called_as_the_others_is_a_rank_whatever_is_in_it(folder):
    (folder / "trace-rank-2.json.gz").write_bytes(b"")
    (folder / "notes.json").write_bytes(b"{}")
    assert [(run.name, run.problem and run.problem.problem) for run in runs(folder)] == [
        ("trace-rank-0.json.gz and 1 more", None),
        ("trace-rank-2.json.gz", "is empty"),
    ]


def test_processes_that_read_are_started_without_ctrl_c():
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with reading_processes(1) as pool:
        assert pool.submit(signal.pthread_sigmask, signal.SIG_BLOCK, ()).result() == set()
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
