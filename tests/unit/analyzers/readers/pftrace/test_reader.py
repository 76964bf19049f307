"""What gpu-trace exports to Perfetto's format, it reads again."""

from __future__ import annotations

import gzip
import random
from collections import Counter
from functools import cache

import pytest

from gpu_trace.exporting.perfetto import export_perfetto, stacks
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.errors import FormatUnsupported, GpuTraceError
from gpu_trace_analyzers.readers import load
from literal import literal
from plain_reader import read_back
from small_traces import JSON


def exported(trace, path):
    export_perfetto(Analysis(trace), path)
    again = load(path, operators=True)
    again.check()
    return again


@pytest.fixture(scope="module")
def written(recorded, tmp_path_factory):
    """The bytes of the export of a recorded trace by its name, each written once."""

    @cache
    def data(name: str) -> bytes:
        path = tmp_path_factory.mktemp("written") / "x.pftrace"
        export_perfetto(Analysis(load(recorded(name))), path)
        return path.read_bytes()

    return data


def labels_at_work(trace):
    return [trace.devices[position].label for position in sorted(set(trace.work.device.tolist()))]


@pytest.mark.parametrize("name", ["two_streams", "peer_same_stream", "mlp_overlap", "ddp_rank1"])
@pytest.mark.parametrize("ending", ["pftrace", "pftrace.gz"])
def test_a_recorded_trace_comes_back(recorded, tmp_path, name, ending):
    trace = load(recorded(name), operators=True)
    again = exported(trace, tmp_path / f"x.{ending}")
    assert read_back(again) == read_back(trace)
    assert labels_at_work(again) == labels_at_work(trace)
    assert again.epoch_ns == trace.epoch_ns
    assert again.source.format == "perfetto"
    assert again.source.damage == ()


def test_ranges_and_synchronization_come_back(tmp_path):
    path = tmp_path / "cuda.json"
    path.write_text(JSON["cuda"])
    trace = load(path)
    assert read_back(exported(trace, tmp_path / "x.pftrace")) == read_back(trace)


def test_ranks_keep_devices_of_their_own(tmp_path):
    for rank in (0, 1):
        (tmp_path / f"rank{rank}.json").write_text(
            JSON["cuda"].replace('"schema', f'"distributedInfo": {{"rank": {rank}}}, "schema')
        )
    trace = load(tmp_path)
    again = exported(trace, tmp_path / "x.pftrace")
    assert [device.label for device in again.devices] == [device.label for device in trace.devices]
    assert read_back(again)["work"] == read_back(trace)["work"]


def test_traces_of_others_are_refused(tmp_path):
    path = tmp_path / "android.pftrace"
    path.write_bytes(b"\n\x04\x50\x02\x68\x01" * 3)
    with pytest.raises(FormatUnsupported, match="did not write"):
        load(path)


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_trace_gives_a_sound_one_or_one_error(written, tmp_path, seed):
    rng = random.Random(seed)
    path = tmp_path / "x.pftrace"
    data = bytearray(written("mlp_overlap"))
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(data))
        data[at : at + rng.choice([1, 1, 9])] = rng.randbytes(rng.choice([0, 1, 5]))
    path.write_bytes(data[: rng.choice([len(data), rng.randrange(len(data))])])
    try:
        load(path).check()
    except GpuTraceError:
        return


def test_a_trace_cut_off_keeps_what_was_written(written, tmp_path):
    path = tmp_path / "x.pftrace"
    data = written("mlp_overlap")
    path.write_bytes(data[: len(data) * 9 // 10])
    trace = load(path)
    assert len(trace.work)
    assert "cut off" in trace.source.damage[0]


def ends_of_packets(data):
    """Where each packet ends: the length of a packet is a number in groups of seven bits, low first."""
    at = 0
    while at < len(data):
        assert data[at] == 0x0A
        length, shift = 0, 0
        while True:
            at += 1
            length |= (data[at] & 0x7F) << shift
            shift += 7
            if data[at] < 0x80:
                break
        at += 1 + length
        yield at


NESTED = """
range outer 0-100; range inner 10-20; range mark 15-15; range later 120-130
range a 0-90 t2; range b 10-20 t2; range c 30-40 t2; range d 32-35 t2; range e 95-99 t2
s7 k 0-10 @1; s7 k 20-40 @2 name=other; s8 h2d 5-30 @3; gpu1 s7 nccl 3-50 @4; s7 unknown 50-60
call cudaStreamSynchronize 40-60
"""


@pytest.mark.parametrize("ending", ["pftrace", "pftrace.gz"])
def test_a_cut_at_any_packet_is_told_and_what_is_read_is_true(tmp_path, ending):
    path = tmp_path / f"x.{ending}"
    whole = exported(literal(NESTED), path)
    assert whole.source.damage == ()
    known = read_back(whole)
    data = gzip.decompress(path.read_bytes()) if ending.endswith("gz") else path.read_bytes()
    counts = []
    for end in [*ends_of_packets(data)][:-1]:
        path.write_bytes(gzip.compress(data[:end]) if ending.endswith("gz") else data[:end])
        cut = load(path, operators=True)
        cut.check()
        assert "the file is cut off or damaged" in "".join(cut.source.damage), end
        rows = read_back(cut)
        for table in ("work", "calls", "ranges", "syncs"):
            assert not rows[table] - known[table], (end, table)
        counts.append(sum(rows["work"].values()) + sum(rows["calls"].values()) + sum(rows["ranges"].values()))
    assert counts == sorted(counts)
    assert counts[0] == 0
    assert counts[-1] == len(whole.work) + len(whole.calls) + len(whole.ranges)


def sampled(trace):
    """Each sample with the functions of its stack."""
    rows = zip(
        *(getattr(trace.samples, name).tolist() for name in ("frame", "start_ns", "end_ns", "state")), strict=True
    )
    for frame, *others in rows:
        stack = []
        while frame >= 0:
            stack.append(trace.text(int(trace.stack_frames.function[frame])))
            frame = int(trace.stack_frames.caller[frame])
        yield (*others, *stack)


def test_a_cut_among_samples_is_told_and_those_that_are_read_have_their_stacks(tmp_path, monkeypatch):
    monkeypatch.setattr(stacks, "_SAMPLES_PER_PACKET", 2)
    monkeypatch.setattr(stacks, "_ROWS_PER_PACKET", 2)
    each = "sample {0}-{1} t{2} running main@a.py:1|f{3}@a.py:2"
    rows = [each.format(10 * at, 10 * at + 10, thread, at % 3) for at in range(7) for thread in (100, 101)]
    path = tmp_path / "x.pftrace"
    known = list(sampled(exported(literal("; ".join(["k 0-5", *rows])), path)))
    assert len(known) == 14
    data, counts = path.read_bytes(), []
    for end in [*ends_of_packets(data)][:-1]:
        path.write_bytes(data[:end])
        cut = load(path)
        cut.check()
        assert "the file is cut off or damaged" in "".join(cut.source.damage), end
        assert cut.source.losses == {}
        found = list(sampled(cut))
        assert not Counter(found) - Counter(known)
        counts.append(len(found))
    assert counts == sorted(counts)
    assert set(counts) == {0, 2, 4, 6, 7, 9, 11, 13, 14}


def test_it_says_how_many_slices_are_missing(tmp_path):
    path = tmp_path / "x.pftrace"
    exported(literal("; ".join(f"k {10 * n}-{10 * n + 5}" for n in range(10))), path)
    data, told = path.read_bytes(), set()
    for end in [*ends_of_packets(data)][:-1]:
        path.write_bytes(data[:end])
        cut = load(path)
        lost = 10 - len(cut.work)
        told.add((lost, *cut.source.damage))
        assert cut.work.start_ns.tolist() == list(range(0, 100, 10))[: 10 - lost]
        assert (cut.work.end_ns - cut.work.start_ns).tolist() == [5] * (10 - lost)
    text = "the file is cut off or damaged"
    in_front = {(10, f"{text} before its first slice"), (0, f"{text} after its last slice")}
    assert in_front <= told
    missing = {(lost, int(why.removeprefix(f"{text}; ").partition(" of 30 ")[0])) for lost, why in told - in_front}
    # A finding comes first, the account last, with a slice for each kernel and each gap. Of the last that has begun it
    # is not known which end is its own, unless all have begun.
    assert missing == {(10, 30), *((lost, lost + 19) for lost in range(2, 11)), *((0, lost) for lost in range(2, 20))}


def test_a_packet_lost_in_the_middle_is_missed(written, tmp_path):
    path = tmp_path / "x.pftrace"
    data = written("two_streams")
    ends = list(ends_of_packets(data))
    path.write_bytes(data[: ends[-300]] + data[ends[-299] :])
    assert load(path).source.damage


@pytest.mark.parametrize("old", [True, False])
def test_what_an_earlier_version_wrote_gives_no_alarm(recorded, written, tmp_path, old):
    path = tmp_path / "x"  # recognized by its content
    data = written("two_streams")
    if old:
        ends = list(ends_of_packets(data))
        data = b"\n\x04\x50\x01\x68\x01" + data[ends[0] : ends[-2]]
    path.write_bytes(data)
    again = load(path)
    assert again.source.damage == ()
    assert len(again.work) == len(load(recorded("two_streams")).work)


def test_operators_that_are_not_asked_for_are_counted(recorded, tmp_path):
    trace = load(recorded("mlp_overlap"), operators=True)
    path = tmp_path / "x.pftrace"
    export_perfetto(Analysis(trace), path)
    assert load(path).source.dropped["framework operators"] == len(trace.operators) > 0


def message(*parts: tuple[int, int | bytes]) -> bytes:
    out = b""
    for number, value in parts:
        kind = 2 if isinstance(value, bytes) else 0
        out += varint(number << 3 | kind) + (varint(len(value)) + value if isinstance(value, bytes) else varint(value))
    return out


def varint(value: int) -> bytes:
    return bytes([value & 0x7F | 0x80]) + varint(value >> 7) if value > 0x7F else bytes([value])


def test_the_format_of_files_that_were_written_stays_readable(tmp_path):
    first = b"\n\x08\x50\x01\x68\x01\xc0\xb2\x04\x01"
    to_come = message((9001, message((1, message((1, 5), (2, 1))))))
    begin = message((8, 10), (11, message((9, 1), (11, 5))))
    end = message((8, 20), (11, message((9, 2), (11, 5))))
    data = first + message(*((1, packet) for packet in (to_come, begin, end)))
    path = tmp_path / "x.pftrace"
    path.write_bytes(data + message((1, message((9002, len(data))))))
    source = load(path).source
    assert source.damage == ()
    assert source.dropped == {"slices of no track or time": 1}
