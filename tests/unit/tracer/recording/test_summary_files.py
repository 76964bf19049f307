"""The files of a run folder: one that cannot be written takes none of the others with it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gpu_trace.recording.summary_files import write
from gpu_trace_analyzers.analysis import Analysis

TRACE = Path(__file__).parents[4] / "samples/traces/two_streams.json.gz"
FILES = ["summary.json", "summary.md", "report.html", "trace.pftrace"]


@pytest.fixture
def trace(tmp_path):
    return Path(shutil.copy(TRACE, tmp_path / "trace.json.gz"))


def test_a_run_folder_gets_every_file(trace):
    assert write(Analysis(trace), trace.parent) == {}
    assert all((trace.parent / name).stat().st_size > 0 for name in FILES)


@pytest.mark.parametrize("broken", FILES)
def test_a_file_that_cannot_be_written_is_told_and_the_others_are_there(broken, trace):
    (trace.parent / broken).mkdir()
    failures = write(Analysis(trace), trace.parent)
    assert list(failures) == [broken]
    assert all((trace.parent / name).is_file() for name in FILES if name != broken)
