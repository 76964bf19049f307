"""A file read in two halves gives the very trace that one process reads, or is read by one."""

from __future__ import annotations

import gzip
import json
import threading

import numpy as np
import pytest

from gpu_trace_analyzers.errors import TraceUnreadable
from gpu_trace_analyzers.model import Role
from gpu_trace_analyzers.readers import halves, load
from gpu_trace_analyzers.readers.tracefile import TraceFile


@pytest.fixture
def joined(monkeypatch):
    """Have every file be worth two processes; the traces that came of two halves."""
    traces, join = [], halves._joined

    def note(parts):
        traces.append(join(parts))
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


def test_where_there_is_no_fork_a_file_is_read_in_one_piece(recorded, joined, monkeypatch):
    monkeypatch.delattr("os.sched_getaffinity")  # as on macOS and Windows
    assert len(load(recorded("two_streams")).work) == 100
    assert not joined


def content(trace):
    """All of a trace, with texts instead of codes, which depend on the order of reading."""
    strings = np.array([*trace.strings, ""], dtype=object)
    tables = {
        (name, column): (strings[values] if column in table.columns_of(Role.TEXT) else values).tolist()
        for name, table in trace.tables().items()
        for column in table.columns()
        for values in [getattr(table, column)]
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
    assert joined[-1].work is found.work
    found.check()
    assert content(found) == content(alone(path, monkeypatch))


def test_our_own_layout_too(recorded, tmp_path, joined, monkeypatch):
    document = json.loads(gzip.decompress(recorded("two_streams").read_bytes()))
    lines = ",\n".join(json.dumps(event, separators=(",", ":")) for event in document.pop("traceEvents"))
    path = tmp_path / "trace.json"
    path.write_text(json.dumps(document)[:-1] + ',\n"traceEvents": [\n' + lines + "\n]}\n")
    found = load(path, operators=True)
    assert joined[-1].work is found.work
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
    assert [trace.work for trace in joined] == [found.work]
    assert [device.index for device in found.devices] == [0, 1]
    assert len(found.work) == 400


def fail_in(half):
    """A reader that fails in one of the halves."""

    def read(part):
        if isinstance(part, halves.FirstHalf) == (half == "first"):
            raise TraceUnreadable(part.path, "broke", "try again")
        return

    return read


def test_a_process_that_fails_leaves_the_whole_to_the_other(recorded, tmp_path, joined):
    path = tmp_path / "trace.json"
    path.write_bytes(gzip.decompress(recorded("two_streams").read_bytes()))
    assert halves.read_halves(TraceFile(path), fail_in("second")) is None
    with pytest.raises(TraceUnreadable, match="broke"):
        halves.read_halves(TraceFile(path), fail_in("first"))


def in_members(data, size):
    """Gzip as bgzip makes it: many members, one behind the other."""
    return b"".join(gzip.compress(data[at : at + size]) for at in range(0, len(data), size))


def with_size(packed, size):
    """Gzip that says of itself that its content is that long."""
    return packed[:-4] + size.to_bytes(4, "little")


@pytest.mark.parametrize("name", ["two_streams", "mlp_overlap", "ddp_rank0", "gpu1_and_gpu2"])
def test_two_halves_of_a_gzipped_file_are_the_whole(name, recorded, joined, monkeypatch):
    found = load(recorded(name), operators=True)
    assert [trace.work for trace in joined] == [found.work]
    found.check()
    assert content(found) == content(alone(recorded(name), monkeypatch))


@pytest.mark.parametrize(
    "pack",
    [
        lambda data: in_members(data, 200_000),
        lambda data: in_members(data, 1000),
        lambda data: with_size(gzip.compress(data), len(data) // 3),
        lambda data: with_size(gzip.compress(data), len(data) + 300_000),
        lambda data: with_size(gzip.compress(data), (1 << 32) - 1),
        lambda data: gzip.compress(data)[:-5],
        lambda data: gzip.compress(data)[:9000],
        lambda data: gzip.compress(data) + b"something else" + len(data).to_bytes(4, "little"),
        lambda data: gzip.compress(data[:-9]),
    ],
    ids=["members", "small-members", "third", "too-much", "far-too-much", "cut-end", "cut", "more", "json-cut"],
)
def test_whatever_gzip_says_of_itself_the_trace_is_the_same(pack, recorded, tmp_path, joined, monkeypatch):
    path = tmp_path / "trace.json.gz"
    path.write_bytes(pack(gzip.decompress(recorded("two_streams").read_bytes())))
    found = load(path, operators=True)
    found.check()
    assert content(found) == content(alone(path, monkeypatch))


def test_a_text_without_borders_is_read_in_one_piece(recorded, tmp_path, joined):
    document = json.loads(gzip.decompress(recorded("two_streams").read_bytes()))
    for name, pack in {"trace.json": bytes, "trace.json.gz": gzip.compress}.items():
        path = tmp_path / name
        path.write_bytes(pack(json.dumps(document).encode()))
        assert halves.read_halves(TraceFile(path), lambda part: list(part.blocks())) is None
        assert len(load(path).work) == 100
    assert not joined


def test_the_halves_are_the_text(recorded, tmp_path):
    data = gzip.decompress(recorded("two_streams").read_bytes())
    plain = tmp_path / "trace.json"
    plain.write_bytes(data)
    for path in (plain, recorded("two_streams")):
        for middle in (5000, len(data) // 2, len(data) - 9000):
            first = b"".join(halves.FirstHalf(path, middle=middle).blocks(777))
            second = b"".join(halves.SecondHalf(path, middle=middle, before=b"HEAD").blocks(1000))
            assert first.endswith(b"}\n]}")
            assert second.startswith(b"HEAD{")
            assert first[:-3] + b",\n  " + second[4:] == data
            assert len(first) > middle
