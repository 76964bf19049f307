"""What was not recorded as it should be is told: in sentences on the terminal, and in run.json."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from gpu_trace.boot import devices, recorder, stream_waits
from gpu_trace.boot.notes import Notes as NotesOfTheChild
from gpu_trace.boot.recorder import Recorder
from gpu_trace.recording import assemble, lost, notes, run_json
from gpu_trace.recording.folder import RunFolder
from gpu_trace.recording.notes import Notes
from gpu_trace.recording.request import Request, Script
from gpu_trace.recording.result import Recording

ENDED = "starts\t1\nstopped\t2 3 4\n"
HIDDEN = "the streams that event waits waited for: CUPTI did not report CUDA events"
CUT = "GPU work that had not finished when the recording stopped"


@pytest.mark.parametrize(
    ("noted", "told"),
    [
        ("", []),
        ("stream_waits\t1\n", []),
        ("stream_waits\t1\nstream_waits\t0\nstream_waits\t0\n", [HIDDEN]),
        ("unsynchronized\t3004\nunsynchronized\t60000\n", [f"{CUT}: gpu-trace waited 60.0 s for it"]),
        ("unsynchronized\t0\n", [f"{CUT}, if any: Python could not start a thread to wait for it"]),
        (
            "refused\tCUPTI returned error 39\n",
            [
                "the lower overhead of the CUPTI recording library:"
                " torch's profiler recorded the GPU, because CUPTI returned error 39"
            ],
        ),
        ("dropped\t7\n", ["7 CUPTI records: a buffer or the disk was full"]),
        ("renewed\t1500000\n", ["the events of 1 interval (1.5 ms) while gpu-trace counted the events so far"]),
        ("renewed\t15000", ["the events of 1 interval (0.0 ms) while gpu-trace counted the events so far"]),
        ("renewed\t", []),  # the disk was full
    ],
)
def test_each_note_of_a_loss_is_a_sentence(noted, told):
    assert lost.in_sentences(Notes(ENDED + noted), 0) == told


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("kineto", "the trace of torch's profiler"),
        ("cupti", "record_function ranges and the last events"),
    ],
)
def test_a_process_that_goes_on_is_not_said_to_have_ended(source, told):
    begun = Notes(f"starts\t1\nsource\t{source}\n")
    assert lost.in_sentences(begun, 0, goes_on=True) == [f"{told}: the process was still running when the script ended"]
    assert "ended before saving" in lost.in_sentences(begun, 0)[0]


def test_run_json_says_it_too(tmp_path):
    written = NotesOfTheChild(str(tmp_path / "notes-1"))
    for key, value in (("REFUSED", "CUPTI returned error 39"), ("STREAM_WAITS", 0), ("UNSYNCHRONIZED", 60000)):
        written.write(getattr(assemble.lost, key), value)
    [process] = assemble.left_by(tmp_path, 1)
    run = Recording(RunFolder(tmp_path), 0, notes.read(tmp_path, 1), lost=process.lost)
    run_json.write(Request(Script("x.py")), run)
    document = json.loads(run.folder.facts.read_text())
    assert (document["cupti_refused"], document["unsynchronized_ms"], document["stream_waits"]) == (
        "CUPTI returned error 39",
        [60000],
        False,
    )
    assert [sentence.split(":")[0] for sentence in document["lost"]] == [
        CUT,
        "the lower overhead of the CUPTI recording library",
        "the streams that event waits waited for",
    ]


@pytest.fixture
def on_a_gpu(monkeypatch, tmp_path):
    """A recorder on a machine with a GPU, as far as it can tell; its Kineto is a fake, CUPTI is not there."""

    class Session:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def stop(self) -> Session:
            return self

        def save(self, path: str) -> None:
            tmp_path.joinpath(path).write_text("{}")

    monkeypatch.setattr(recorder, "Session", Session)
    monkeypatch.setattr(devices, "are_used", lambda: True)
    monkeypatch.setattr(devices, "described", lambda: "[]")
    monkeypatch.setattr(devices, "synchronized_within", lambda _: False)
    monkeypatch.setattr(stream_waits, "loaded_cupti", lambda: None)
    threads = SimpleNamespace(counted=lambda action: action())

    def make(version: SimpleNamespace) -> Notes:
        monkeypatch.setitem(recorder.sys.modules, "torch", SimpleNamespace(version=version))
        settings = SimpleNamespace(raw=str(tmp_path), level="gpu", has_gpu=True, activities="/none.so")
        made = Recorder(settings, NotesOfTheChild(str(tmp_path / "notes-1")), threads)
        made.use(object())
        made.start()
        made.finish()
        return notes.read(tmp_path, 1)

    return make


def test_the_recorder_notes_what_was_refused_and_what_it_waited_for_in_vain(on_a_gpu):
    told = lost.in_sentences(on_a_gpu(SimpleNamespace(cuda="13.0")), 0)
    assert [sentence.split(":")[0] for sentence in told] == [
        f"{CUT}, if any",
        "the lower overhead of the CUPTI recording library",
        "the streams that event waits waited for",
    ]
    assert "/none.so" in told[1]


def test_a_gpu_that_is_not_cudas_lacks_nothing_of_cupti(on_a_gpu):
    told = lost.in_sentences(on_a_gpu(SimpleNamespace(cuda=None, hip="6.4")), 0)
    assert [sentence.split(":")[0] for sentence in told] == [f"{CUT}, if any"]
