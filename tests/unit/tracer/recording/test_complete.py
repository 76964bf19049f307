"""The folder of a run is completed: the summary comes first, and what fails or is interrupted keeps what there is."""

from __future__ import annotations

import json
import shutil
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from gpu_trace.recording import record, summary_files
from gpu_trace.recording.folder import RunFolder
from gpu_trace.recording.process_trace import ProcessTrace
from gpu_trace.recording.request import Extent
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.reports.document import to_json

RAW = Path(__file__).parents[3] / "golden/recordings/whole"
PID = 435
FILES = ["report.html", "run.json", "summary.json", "summary.md", "trace.json.gz", "trace.pftrace"]


class Heard:
    """An audience that notes what was there when the summary was shown."""

    def __init__(self, folder, then=lambda: None):
        self._folder, self._then = folder, then
        self.summary = None
        self.files = []

    def saving(self):
        pass

    def working(self, doing):
        return nullcontext()

    def show(self, summary, predicted=None):
        self.summary, self.predicted = summary, predicted
        self.files = [path.name for path in self._folder.iterdir() if path.name.startswith(("summary", "report"))]
        self._then()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(RAW, tmp_path / "run" / ".raw")
    return RunFolder(tmp_path / "run")


def completed(folder, audience, monkeypatch):
    """As after a script that has ended."""
    monkeypatch.setattr(record.launch, "run", lambda *_: (0, PID))
    request = SimpleNamespace(
        target=SimpleNamespace(command=["train.py"]), level="gpu", extent=Extent(), only_ranks=False
    )
    return record.record(request, folder, audience)


def names(folder):
    return sorted(path.name for path in folder.path.iterdir())


def test_the_summary_is_shown_before_any_file_of_it_is_written(folder, monkeypatch):
    audience = Heard(folder.path)
    recording = completed(folder, audience, monkeypatch)
    assert audience.files == []
    assert (recording.lost, recording.unwritten) == ([], {})
    assert names(folder) == FILES
    again = Analysis(load(folder.path, operators=True))
    assert json.loads(to_json(audience.summary)) == json.loads(to_json(again.summary))


def test_only_a_process_of_our_own_keeps_what_was_freed(folder, monkeypatch):
    asked = []
    monkeypatch.setattr(record, "keep_freed", lambda: asked.append(True))
    completed(folder, Heard(folder.path), monkeypatch)
    assert asked == [True]
    request = SimpleNamespace(
        target=SimpleNamespace(command=["train.py"]), level="gpu", extent=Extent(), only_ranks=False
    )
    shutil.copytree(RAW, folder.raw)
    bare = record.Recording(folder, None, record.notes.read(folder.raw, PID))
    record.put_together(request, bare, PID, Heard(folder.path))  # as a block in a user's own process does
    assert (names(folder), asked) == (FILES, [True])


def test_an_interruption_keeps_what_there_is(folder, monkeypatch):
    def interrupt():
        raise KeyboardInterrupt

    recording = completed(folder, Heard(folder.path, then=interrupt), monkeypatch)
    assert recording.lost == ["the run folder could not be completed (interrupted); the raw recording is in run/.raw"]
    assert {"run.json", ".raw"} <= set(names(folder)) <= {"run.json", ".raw", "trace.json.gz"}
    assert sorted(path.name for path in folder.raw.iterdir()) == sorted(path.name for path in RAW.iterdir())


def test_a_trace_that_cannot_be_written_leaves_the_raw_recording_and_the_summary(folder, monkeypatch):
    (folder.path / "trace.json.gz").mkdir()
    recording = completed(folder, Heard(folder.path), monkeypatch)
    reason = "the run folder could not be completed (Is a directory); the raw recording is in run/.raw"
    assert recording.lost == [reason]
    assert names(folder) == sorted([".raw", *FILES])


def test_a_summary_that_fails_leaves_the_traces(folder, monkeypatch):
    def fail(*_):
        raise ValueError("no such thing")

    monkeypatch.setattr(ProcessTrace, "in_memory", fail)
    recording = completed(folder, Heard(folder.path), monkeypatch)
    assert (recording.lost, recording.unwritten) == ([], {"the summary": "no such thing"})
    assert names(folder) == ["run.json", "trace.json.gz"]


def test_a_prediction_that_fails_costs_nothing_else(folder, monkeypatch):
    (folder.path / "execution-trace.json.gz").write_text("not one")
    audience = Heard(folder.path)
    recording = completed(folder, audience, monkeypatch)
    assert list(recording.unwritten) == ["whatif.json"]
    assert "execution-trace.json.gz" in recording.unwritten["whatif.json"]
    assert (recording.lost, audience.predicted) == ([], None)
    assert set(FILES) <= set(names(folder))


def test_ranks_of_one_run_are_one_summary(folder, monkeypatch):
    """The same process twice, as ranks: in memory they are joined as `load` joins their files."""
    for pid, rank in ((PID, 1), (PID + 1, 0)):
        for path in RAW.iterdir():
            text = path.read_bytes().replace(f'"pid": {PID}'.encode(), f'"pid": {pid}'.encode())
            (folder.raw / path.name.replace(str(PID), str(pid))).write_bytes(text)
        with (folder.raw / f"notes-{pid}").open("a") as facts:
            facts.write(f"rank\t{rank}\nworld_size\t2\nbackend\tnccl\n")
    audience = Heard(folder.path)
    recording = completed(folder, audience, monkeypatch)
    assert sorted(trace.path.name for trace in recording.traces) == ["trace-rank-0.json.gz", "trace-rank-1.json.gz"]
    again = Analysis(load(folder.path, operators=True))
    assert json.loads(to_json(audience.summary)) == json.loads(to_json(again.summary))


def test_what_fails_for_the_reason_that_the_traces_fail_for_is_not_told_again(folder, monkeypatch):
    def fail(*_):
        raise OSError("no room")

    monkeypatch.setattr(ProcessTrace, "write", fail)
    monkeypatch.setattr(summary_files, "to_html", fail)
    recording = completed(folder, Heard(folder.path), monkeypatch)
    assert recording.lost == ["the run folder could not be completed (no room); the raw recording is in run/.raw"]
    assert recording.unwritten == {}
