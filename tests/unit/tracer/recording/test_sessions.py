"""What Kineto saved of a session, and what our own library recorded of the GPUs, as one text."""

from __future__ import annotations

import gzip
import json
import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest

from gpu_trace.cupti_recording.records import RECORD, ActivityKind
from gpu_trace.recording import assemble, sessions
from gpu_trace.recording.notes import Notes
from gpu_trace.recording.process_trace import ProcessTrace
from gpu_trace.recording.thread_ids import Thread
from gpu_trace_analyzers.questions.overlap import device_figures
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.readers.folders.jobs import LAUNCHER

BASE_NS = 1_790_857_026_000_000_000
DEVICES = '[{"id": 0, "name": "NVIDIA H200", "numSms": 132}]'
NOTES = Notes(f"python\t3.12\nstarts\t1\ndevices\t{DEVICES}\nsource\tcupti")
STOPPED = "\nstopped\t1 2 3"
KINETO = """{
  "schemaVersion": 1, "deviceProperties": %s, "baseTimeNanoseconds": %d,
  "traceEvents": [
  {
    "ph": "X", "cat": "user_annotation", "name": "step", "pid": 1, "tid": 1,
    "ts": 5.000, "dur": 2.000,
    "args": {"External id": 1}
  }
  ], "traceName": "x"
}"""


def saved(folder, part, base_ns=BASE_NS):
    (folder / f"kineto-1-{part}.json").write_text(KINETO % (DEVICES, base_ns))


def recorded(folder, part, *launches, thread=70):
    """A call and a kernel for each launch, which is a start in ns since the base, and a correlation."""
    records = np.zeros(2 * len(launches), RECORD)
    for number, (start, correlation) in enumerate(launches):
        for row, kind, after in (
            (2 * number, ActivityKind.RUNTIME, 0),
            (2 * number + 1, ActivityKind.CONCURRENT_KERNEL, 10),
        ):
            records[row]["kind"], records[row]["correlation"] = kind, correlation
            records[row]["start_ns"], records[row]["end_ns"] = BASE_NS + start + after, BASE_NS + start + after + 5
            if kind == ActivityKind.RUNTIME:
                records[row]["thread"] = thread
    (folder / f"cupti-1-{part}.records").write_bytes(records.tobytes())
    (folder / f"cupti-1-{part}.names").write_bytes(struct.pack("<II", 1 << 31 | thread, 6) + b"worker")


def rows(part, category=None):
    """Those of a session, as its file has them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.json.gz"
        ProcessTrace(path, 1, part.text.base_ns, b"{", [part], [], []).write()
        found = json.loads(gzip.decompress(path.read_bytes()))["traceEvents"]
    return [row for row in found if category in (None, row.get("cat"))]


def test_both_are_one_text_with_kinetos_base(tmp_path):
    saved(tmp_path, 0)
    recorded(tmp_path, 0, (1000, 3))
    [part], _, lost = sessions.read(tmp_path, 1, NOTES, [])
    assert lost == []
    assert [row["ts"] for row in rows(part, "user_annotation")] == [5.0]
    assert [(row["ts"], row["args"]["correlation"]) for row in rows(part, "kernel")] == [(1.01, 3)]
    assert rows(part, "kernel")[0]["args"]["blocks per SM"] == 0
    assert [row["args"]["name"] for row in rows(part) if row.get("tid") == 70 and row["ph"] == "M"] == [
        "thread 70 (worker)"
    ]


def test_a_killed_process_left_its_records(tmp_path):
    recorded(tmp_path, 0, (1000, 3), (2000, 4))
    [part], _, _ = sessions.read(tmp_path, 1, NOTES, [])
    assert (part.text.base_ns, part.text.devices[0]["name"]) == (BASE_NS + 1000, "NVIDIA H200")
    assert [row["ts"] for row in rows(part, "kernel")] == [0.01, 1.01]


def test_ids_of_several_sessions_do_not_meet(tmp_path):
    saved(tmp_path, 0)
    recorded(tmp_path, 0, (1000, 3))
    recorded(tmp_path, 1, (9000, 3), (9500, 4))  # killed before Kineto saved that
    parts, _, _ = sessions.read(tmp_path, 1, NOTES, [])
    kernels = [row for part in parts for row in rows(part, "kernel")]
    assert [row["ts"] for row in kernels] == [1.01, 9.01, 9.51]
    assert len({row["args"]["correlation"] for row in kernels}) == 3
    for part in parts:
        ids = {row["args"]["correlation"] for row in rows(part, "kernel")}
        assert ids == {row["args"]["correlation"] for row in rows(part, "cuda_runtime")}
        assert ids == {row["id"] for row in rows(part, "ac2g")}


def test_our_own_records_have_the_ids_of_their_threads(tmp_path):
    saved(tmp_path, 0)
    recorded(tmp_path, 0, (1000, 3), thread=0x400000)  # as half an address of another thread may look
    other = Thread(1601, 0x7F0000400000, 0x7F0000400000)
    [part], found, _ = sessions.read(tmp_path, 1, NOTES, [other])
    assert ([row["tid"] for row in rows(part, "cuda_runtime")], found) == ([0x400000], [])


def test_only_kineto(tmp_path):
    saved(tmp_path, 0)
    [part], _, lost = sessions.read(tmp_path, 1, NOTES, [])
    assert (len(rows(part, "user_annotation")), lost) == (1, [])


def test_nothing(tmp_path):
    assert sessions.read(tmp_path, 1, Notes(""), []) == ([], [], [])


ENDED = 2**22 + 1
"""the id of a process that cannot live: Linux has no number above 2**22"""
RANGES_LOST = "record_function ranges and the last events: the process ended before saving them"
ALL_LOST = "the trace of torch's profiler: the process ended before saving it"


@pytest.mark.parametrize(
    ("notes", "lost"),
    [
        ("starts\t1\nsource\tcupti" + STOPPED, []),
        ("starts\t1\nsource\tcupti", [RANGES_LOST]),
        ("starts\t1\nsource\tkineto", [ALL_LOST]),
        ("starts\t1\nsource\tkineto" + STOPPED + "\nstarts\t4", [ALL_LOST]),
        ("starts\t1\nfailed\ttorch's profiler did not start: E: no", ["torch's profiler did not start: E: no"]),
        (
            "starts\t1\nsource\tcupti\ndropped\t7" + STOPPED,
            ["7 CUPTI records: a buffer or the disk was full"],
        ),
        ("python\t3.12", []),
    ],
)
def test_what_is_lost_is_said(notes, lost, tmp_path):
    (tmp_path / f"notes-{ENDED}").write_text(notes)
    [process] = assemble.left_by(tmp_path, ENDED)
    assert process.lost == lost


TWO = Notes(
    f"python\t3.12\nsource\tcupti\nrecorded_from\t0 {BASE_NS}\nrecorded_to\t0 {BASE_NS + 5000}\n"
    f"recorded_from\t1 {BASE_NS + 8000}\nrecorded_to\t1 {BASE_NS + 9000}"
)


def test_each_session_says_when_it_recorded(tmp_path):
    saved(tmp_path, 0)
    recorded(tmp_path, 0, (1000, 3))
    recorded(tmp_path, 1, (8500, 3), (9500, 4))
    parts, _, _ = sessions.read(tmp_path, 1, TWO, [])
    assert [part.text.window for part in parts] == [(BASE_NS, BASE_NS + 5000), (BASE_NS + 8000, BASE_NS + 9515)]


class Folder:
    def __init__(self, path):
        self.path, self.raw = path, path / ".raw"


def test_the_pause_between_two_sessions_is_not_idle(tmp_path):
    """Kernels of 5 ns at 1010, 4010, 8510 and 9510: idle are the 2995 and the 995 between those of one session."""
    saved(tmp_path, 0)
    recorded(tmp_path, 0, (1000, 3), (4000, 4))
    recorded(tmp_path, 1, (8500, 3), (9500, 4))
    (tmp_path / "notes-1").write_text("\n".join(f"{key}\t{value}" for key, value in TWO._facts))
    [path] = assemble.write_traces(Folder(tmp_path), assemble.left_by(tmp_path, 1))
    trace = load(path)
    figures = device_figures(Scope(trace), 0)
    assert (figures.busy_ns, figures.idle_ns, figures.unrecorded_ns) == (20, 2995 + 995, 8510 - 4015)
    assert trace.windows.start_ns.tolist() == [0, 8000]
    assert trace.processes[int(trace.windows.process[0])].pid == 1


def test_one_session_that_holds_all_states_no_window(tmp_path):
    recorded(tmp_path, 0, (1000, 3))
    (tmp_path / "notes-1").write_text(f"python\t3.12\nrecorded_from\t0 {BASE_NS}\nrecorded_to\t0 {BASE_NS + 5000}")
    [path] = assemble.write_traces(Folder(tmp_path), assemble.left_by(tmp_path, 1))
    assert b"gpuTrace" not in gzip.decompress(path.read_bytes())


@pytest.mark.parametrize(("environment", "are_one"), [({}, False), ({"RANK": "1", "WORLD_SIZE": "2"}, True)])
def test_traces_of_two_runs_are_known_apart_though_process_ids_and_clocks_come_again(
    environment, are_one, tmp_path, monkeypatch
):
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    recorded(tmp_path, 0, (1000, 3))
    (tmp_path / "notes-1").write_text("python\t3.12")
    said = set()
    for _ in range(2):  # under a launcher, these are two of its ranks
        [path] = assemble.write_traces(Folder(tmp_path), assemble.left_by(tmp_path, 1))
        said.add(load(path).source.metadata[LAUNCHER])
    assert len(said) == (1 if are_one else 2)


def test_the_trace_has_the_uuid_of_each_gpu(tmp_path):
    recorded(tmp_path, 0, (1000, 3))
    devices = DEVICES.replace('"numSms"', '"uuid": "GPU-7", "numSms"')
    (tmp_path / "notes-1").write_text(f"python\t3.12\ndevices\t{devices}\nsource\tcupti")
    [path] = assemble.write_traces(Folder(tmp_path), assemble.left_by(tmp_path, 1))
    assert [(device.name, device.uuid) for device in load(path).devices] == [("NVIDIA H200", "GPU-7")]


@pytest.mark.parametrize(
    ("notes", "said"),
    [
        ("starts\t1", []),
        ("gave_way\t5000000\ncame_back\t7500000", ["the events of 1 interval (2.5 ms)"]),
        ("gave_way\t0\ncame_back\t9\ngave_way\t100\ncame_back\t1000100", ["the events of 2 intervals (1.0 ms)"]),
        ("gave_way\t0\ncame_back\t1000000\ngave_way\t9", ["the events of 2 intervals (at least 1.0 ms)"]),
    ],
)
def test_what_the_scripts_own_profiler_has_instead_is_said(notes, said, tmp_path):
    (tmp_path / f"notes-{ENDED}").write_text("python\t3.12\n" + notes)
    [process] = assemble.left_by(tmp_path, ENDED)
    assert process.left_out == [f"{text} while the script used torch's profiler itself" for text in said]
    assert process.lost == ([] if said else [ALL_LOST])
