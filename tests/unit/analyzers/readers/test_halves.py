"""A file read in two halves gives the very trace that one process reads, or is read by one."""

from __future__ import annotations

import gzip
import json
import threading

import numpy as np
import pytest

from gpu_trace_analyzers.errors import TraceUnreadable
from gpu_trace_analyzers.readers import halves, load
from gpu_trace_analyzers.readers.tracefile import TraceFile

TABLES = ("work", "calls", "operators", "ranges", "syncs", "overheads")
TEXTS = ("name", "domain", "category", "payload", "grid", "block")


@pytest.fixture
def joined(monkeypatch):
    """Have every file be worth two processes; the traces that came of two halves."""
    traces, join = [], halves._joined

    def note(first, second):
        traces.append(join(first, second))
        return traces[-1]

    monkeypatch.setattr(halves, "_joined", note)
    monkeypatch.setattr(halves, "WORTH_IT", 0)
    monkeypatch.setattr(halves, "_is_alone", lambda: True)  # other tests may have left idle threads behind
    return traces


def test_a_process_with_other_threads_reads_alone(recorded, tmp_path, joined, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(halves, "WORTH_IT", 0)
    path = tmp_path / "trace.json"
    path.write_bytes(gzip.decompress(recorded("two_streams").read_bytes()))
    release = threading.Event()
    thread = threading.Thread(target=release.wait)
    thread.start()
    try:
        assert halves.read_halves(TraceFile(path), fail_in("first")) is None
    finally:
        release.set()
        thread.join()


def content(trace):
    """All of a trace, with texts instead of codes, which depend on the order of reading."""
    strings = np.array([*trace.strings, ""], dtype=object)
    tables = {
        (name, column): (strings[values] if column in TEXTS else values).tolist()
        for name in TABLES
        for column in getattr(trace, name).columns()
        for values in [getattr(getattr(trace, name), column)]
    }
    return tables, trace.devices, trace.processes, trace.source, trace.epoch_ns


def alone(path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(halves, "WORTH_IT", 1 << 62)
        return load(path, operators=True)


@pytest.mark.parametrize("name", ["two_streams", "mlp_overlap", "ddp_rank0", "gpu1_and_gpu2"])
def test_two_halves_are_the_whole(name, recorded, tmp_path, joined, monkeypatch):
    path = tmp_path / "trace.json"
    path.write_bytes(gzip.decompress(recorded(name).read_bytes()))
    found = load(path, operators=True)
    assert joined[-1] is found
    found.check()
    assert content(found) == content(alone(path, monkeypatch))


def test_our_own_layout_too(recorded, tmp_path, joined, monkeypatch):
    document = json.loads(gzip.decompress(recorded("two_streams").read_bytes()))
    lines = ",\n".join(json.dumps(event, separators=(",", ":")) for event in document.pop("traceEvents"))
    path = tmp_path / "trace.json"
    path.write_text(json.dumps(document)[:-1] + ',\n"traceEvents": [\n' + lines + "\n]}\n")
    found = load(path, operators=True)
    assert joined[-1] is found
    assert content(found) == content(alone(path, monkeypatch))


@pytest.mark.parametrize("cut", [0.3, 0.55, 0.9, 0.999])
def test_a_damaged_file_is_read_in_one_piece(cut, recorded, tmp_path, joined, monkeypatch):
    data = gzip.decompress(recorded("two_streams").read_bytes())
    path = tmp_path / "trace.json"
    path.write_bytes(data[: int(cut * len(data))])
    found = load(path, operators=True)
    assert joined in ([], [None])
    assert found.source.damage
    assert content(found) == content(alone(path, monkeypatch))


def test_a_device_of_the_second_half_only_is_there(tmp_path, joined):
    kernel = (
        '  {{\n    "ph": "X", "cat": "kernel", "name": "k", "pid": {0}, "tid": 7,\n    "ts": {1}.000, "dur": 1.000,\n'
        '    "args": {{\n      "device": {0}, "stream": 7, "correlation": {1}\n    }}\n  }}'
    )
    events = ",\n".join(kernel.format(number // 300, number) for number in range(400))
    path = tmp_path / "trace.json"
    path.write_text('{\n  "schemaVersion": 1,\n  "traceEvents": [\n' + events + "\n  ]\n}\n")
    found = load(path)
    assert joined == [found]
    assert [device.index for device in found.devices] == [0, 1]
    assert len(found.work) == 400


def fail_in(half):
    """A reader that fails in one of the halves."""

    def read(part):
        if (part.start == 0) == (half == "first"):
            raise TraceUnreadable(part.path, "broke", "try again")
        return

    return read


def test_a_process_that_fails_leaves_the_whole_to_the_other(recorded, tmp_path, joined):
    path = tmp_path / "trace.json"
    path.write_bytes(gzip.decompress(recorded("two_streams").read_bytes()))
    assert halves.read_halves(TraceFile(path), fail_in("second")) is None
    with pytest.raises(TraceUnreadable, match="broke"):
        halves.read_halves(TraceFile(path), fail_in("first"))


def test_compressed_files_are_read_in_one_piece(recorded, joined):
    assert halves.read_halves(TraceFile(recorded("two_streams")), fail_in("first")) is None
