"""A run of many ranks ends with what ``gpu-trace summary`` says of its folder."""

from __future__ import annotations

import pytest

from gpu_trace.recording.folder import RunFolder
from gpu_trace.recording.job_answer import job_answer
from gpu_trace.recording.summary_files import write
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.asked import Asked
from gpu_trace_analyzers.job.answered import answered
from gpu_trace_analyzers.job.reading.read_job import read_job
from gpu_trace_analyzers.job.reading.sources import job_in
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.reports.job.document import to_json
from gpu_trace_analyzers.reports.job.markdown import to_markdown
from scripts.fleet.__main__ import made


def fleet(folder, ranks):
    job = ["--ranks", str(ranks), "--steps", "3", "--seed", "3", "--faults", "none"]
    made([*job, "--truth", f"{folder}/truth.json", f"{folder}/run"])
    return RunFolder(folder / "run")


def test_it_is_the_same_as_of_the_folder(tmp_path, capfd):
    folder = fleet(tmp_path, 9)
    analysis = Analysis(load(folder.path))
    found = job_answer(analysis, folder)
    of_folder = answered(read_job(folder.path, job_in(folder.path), Asked(), 1, None), folder.shown)
    assert to_json(found) == to_json(of_folder)
    assert write(analysis, folder.path, job=found) == {}
    assert (folder.path / "summary.json").read_text() == to_json(found)
    assert (folder.path / "summary.md").read_text() == to_markdown(found)
    assert "gpu-trace.job/1" in (folder.path / "summary.json").read_text()
    assert (folder.path / "trace.pftrace").stat().st_size > 0


@pytest.mark.parametrize("ranks", [8])
def test_few_ranks_have_the_summary_of_each(ranks, tmp_path, capfd):
    folder = fleet(tmp_path, ranks)
    assert job_answer(Analysis(load(folder.path)), folder) is None
