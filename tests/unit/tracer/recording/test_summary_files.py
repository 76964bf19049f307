"""The files of a run folder: one that cannot be written takes none of the others with it."""

from __future__ import annotations

import json
import resource
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from gpu_trace.recording.prediction import prediction
from gpu_trace.recording.summary_files import write
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.errors import TraceInconclusive
from gpu_trace_analyzers.model import Device
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.whatif.stored import stored

TRACE = Path(__file__).parents[4] / "samples/traces/two_streams.json.gz"
FILES = ["summary.json", "summary.md", "report.html", "trace.pftrace"]


@pytest.fixture
def trace(tmp_path):
    return Path(shutil.copy(TRACE, tmp_path / "trace.json.gz"))


def test_a_run_folder_gets_every_file(trace):
    assert write(Analysis(trace), trace.parent) == {}
    assert all((trace.parent / name).stat().st_size > 0 for name in FILES)


def with_dependencies(folder):
    """The files of a run that recorded them: its trace, and its execution trace."""
    files = [folder / "trace.json.gz", folder / "execution-trace.json.gz"]
    for path, ending in zip(files, (".json.gz", ".et.json.gz"), strict=True):
        shutil.copy(TRACE.parent / f"whatif/seed_nonblocking{ending}", path)
    return files


def test_a_run_with_dependencies_gets_its_prediction(tmp_path):
    files = with_dependencies(tmp_path)
    analysis = Analysis(load(files[0], operators=True))
    found = prediction(analysis.trace, files[:1])
    assert write(analysis, tmp_path, found) == {}
    assert stored(tmp_path).of(None) == found.entry
    assert found.entry.status == "answered"
    assert "fix saves about" in (tmp_path / "summary.md").read_text()
    assert json.loads((tmp_path / "summary.json").read_text())["account"]["devices"][0]["losses"][0]["about_ns"] > 0
    assert "<h2>What if</h2>" in (tmp_path / "report.html").read_text()
    assert b"Predicted: critical path" in (tmp_path / "trace.pftrace").read_bytes()


def test_without_an_execution_trace_or_of_several_processes_nothing_is_predicted(trace):
    found = load(trace, operators=True)
    assert prediction(found, [trace]) is None
    shutil.copy(TRACE.parent / "whatif/seed_nonblocking.et.json.gz", trace.with_name("execution-trace.json.gz"))
    assert prediction(found, [trace, trace]) is None


def test_a_large_run_is_predicted_when_asked(tmp_path, monkeypatch):
    files = with_dependencies(tmp_path)
    trace = load(files[0], operators=True)
    monkeypatch.setattr("gpu_trace.recording.prediction.LARGEST", len(trace.work) - 1)
    with pytest.raises(TraceInconclusive, match="100 device operations take long to predict; gpu-trace whatif does"):
        prediction(trace, files[:1])


def test_without_a_gpu_nothing_is_predicted(tmp_path):
    files = with_dependencies(tmp_path)
    on_a_cpu = replace(load(files[0], operators=True), devices=(Device("cpu", 0),))
    assert prediction(on_a_cpu, files[:1]) is None


@pytest.mark.parametrize("broken", FILES)
def test_a_file_that_cannot_be_written_is_told_and_the_others_are_there(broken, trace):
    (trace.parent / broken).mkdir()
    failures = write(Analysis(trace), trace.parent)
    assert list(failures) == [broken]
    assert all((trace.parent / name).is_file() for name in FILES if name != broken)


def test_where_there_is_no_room_nothing_empty_is_left(trace):
    analysis, no_room = Analysis(trace), (100, resource.RLIM_INFINITY)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, no_room)
    try:
        failures = write(analysis, trace.parent)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert failures == dict.fromkeys(FILES, "File too large")
    assert [path.name for path in trace.parent.iterdir()] == [trace.name]
