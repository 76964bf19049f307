"""What gpu-trace exports to Perfetto's format, it reads again."""

from __future__ import annotations

import random

import pytest

from gpu_trace.exporting.engine_lanes import TITLES
from gpu_trace.exporting.perfetto import export_perfetto
from gpu_trace_analyzers.errors import FormatUnsupported, GpuTraceError
from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.readers.pftrace_rows import LANES
from plain_reader import read_back
from small_traces import JSON


def exported(trace, path):
    export_perfetto(trace, path)
    again = load(path, operators=True)
    again.check()
    return again


def labels_at_work(trace):
    return [trace.devices[position].label for position in sorted(set(trace.work.device.tolist()))]


def test_the_lanes_are_those_of_the_exporter():
    assert {title: engine for engine, title in TITLES.items()} == LANES


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


def test_ranges_and_synchronisation_come_back(tmp_path):
    path = tmp_path / "cuda.json"
    path.write_text(JSON["cuda"])
    trace = load(path)
    again, expected = read_back(exported(trace, tmp_path / "x.pftrace")), read_back(trace)
    # The one thing that is not written: which call recorded the event that a stream waited for.
    expected["syncs"] = {(*row[:-1], MISSING): count for row, count in expected["syncs"].items()}
    assert again == expected


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
def test_a_damaged_trace_gives_a_sound_one_or_one_error(recorded, tmp_path, seed):
    rng = random.Random(seed)
    path = tmp_path / "x.pftrace"
    export_perfetto(load(recorded("mlp_overlap")), path)
    data = bytearray(path.read_bytes())
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(data))
        data[at : at + rng.choice([1, 1, 9])] = rng.randbytes(rng.choice([0, 1, 5]))
    path.write_bytes(data[: rng.choice([len(data), rng.randrange(len(data))])])
    try:
        load(path).check()
    except GpuTraceError:
        return


def test_a_trace_cut_off_keeps_what_was_written(recorded, tmp_path):
    path = tmp_path / "x.pftrace"
    export_perfetto(load(recorded("mlp_overlap")), path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 9 // 10])
    trace = load(path)
    assert len(trace.work)
    assert "cut off" in trace.source.damage[0]
