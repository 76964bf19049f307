"""The files of a run folder: one that cannot be written takes none of the others with it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gpu_trace.recording.summary_files import write

TRACE = Path(__file__).parents[4] / "samples/traces/two_streams.json.gz"
FILES = ["summary.json", "summary.md", "report.html", "trace.pftrace"]


@pytest.fixture
def trace(tmp_path):
    return Path(shutil.copy(TRACE, tmp_path / "trace.json.gz"))


def test_a_run_folder_gets_every_file(trace):
    summary, failures = write([trace])
    assert failures == []
    assert len(summary.devices) == 1
    assert all((trace.parent / name).stat().st_size > 0 for name in FILES)


@pytest.mark.parametrize("broken", FILES)
def test_a_file_that_cannot_be_written_is_told_and_the_others_are_there(broken, trace):
    (trace.parent / broken).mkdir()
    summary, [failure] = write([trace])
    assert len(summary.devices) == 1
    assert failure.startswith(f"{broken} could not be written: ")
    assert all((trace.parent / name).is_file() for name in FILES if name != broken)
