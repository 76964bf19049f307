from __future__ import annotations

import gzip
import re
import shutil

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.errors import TraceUnreadable
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.readers.folders.files import counts_in, rank_in_name, traces_in
from plain_reader import read_back
from small_traces import CPU_ONLY, CUDA, XLA


def test_a_run_folder_is_its_trace(tmp_path):
    (tmp_path / "trace.json.gz").write_bytes(gzip.compress(CUDA.encode()))
    (tmp_path / "summary.json").write_text('{"schema": "gpu-trace.summary/1"}')
    (tmp_path / "other.json").write_text(CUDA)
    trace = load(tmp_path)
    assert trace.source.path == str(tmp_path / "trace.json.gz")
    assert len(trace.work) == 5


def test_a_folder_of_ranks_has_the_devices_of_all(tmp_path, recorded):
    for name in ("ddp_rank0", "ddp_rank1"):
        shutil.copy(recorded(name), tmp_path)
    (tmp_path / "notes.json").write_text("{}")
    trace = load(tmp_path)
    trace.check()
    alone = [load(recorded(name)) for name in ("ddp_rank0", "ddp_rank1")]
    assert [(device.rank, device.index) for device in trace.devices] == [(0, 0), (1, 1)]
    assert [(process.rank, process.world_size) for process in trace.processes] == [(0, 2), (1, 2)]
    for position, part in enumerate(alone):
        own = trace.work_of(position)
        assert own.start_ns.tolist() == part.work.start_ns.tolist()
        assert [trace.text(code) for code in own.name] == [part.text(code) for code in part.work.name]
    for table in ("calls", "ranges", "overheads"):
        expected = read_back(alone[0])[table] + read_back(alone[1])[table]
        assert read_back(trace)[table] == expected
    assert trace.source.events == sum(part.source.events for part in alone)


def test_ranks_by_file_name(tmp_path):
    for name in ("worker_rank3.json", "worker_rank10.json"):
        (tmp_path / name).write_text(CUDA)
    trace = load(tmp_path)
    trace.check()
    assert [(device.rank, device.index) for device in trace.devices] == [(3, 0), (3, 1), (10, 0), (10, 1)]
    assert len(trace.work) == 10


def test_processes_that_are_no_ranks_share_the_gpus_of_one_uuid(tmp_path):
    (tmp_path / "run.json").write_text("{}")
    for pid in (77, 78):
        text = CUDA.replace('"pid":77', '"pid": 77').replace('"pid": 77', f'"pid": {pid}')
        text = re.sub(r'("id": ?(\d), "name": ?"NVIDIA H200")', r'\1, "uuid": "GPU-\2"', text)
        (tmp_path / f"trace-process-{pid}.json").write_text(text)
    (tmp_path / "trace.pftrace").write_bytes(b"\n\x04\x50\x01\x68\x01")
    trace = load(tmp_path)
    trace.check()
    assert [device.label for device in trace.devices] == ["GPU 0 (NVIDIA H200)", "GPU 1 (NVIDIA H200)"]
    assert sorted(process.pid for process in trace.processes) == [77, 78]
    assert len(trace.work_of(0)) == 6


def test_an_exported_trace_alone_is_the_trace(tmp_path, recorded):
    from gpu_trace.exporting.perfetto import export_perfetto

    export_perfetto(Analysis(load(recorded("two_streams"))), tmp_path / "trace.pftrace")
    assert load(tmp_path).source.format == "perfetto"


def test_clocks_are_aligned_by_what_they_count_from(tmp_path):
    (tmp_path / "rank0.json").write_text(CUDA)
    later = CUDA.replace("1790857026000000000", "1790857026000020000")
    (tmp_path / "rank1.json").write_text(later)
    trace = load(tmp_path)
    starts = [trace.work_of(position).start_ns.min() for position in range(4)]
    assert starts[2] - starts[0] == 20_000
    assert trace.epoch_ns == 1790857026000000000


def test_clocks_that_count_from_nobody_knows_what_are_not_moved(tmp_path):
    (tmp_path / "rank0.json").write_text(CUDA)
    (tmp_path / "rank1.json").write_text(CUDA.replace('"baseTimeNanoseconds": 1790857026000000000,', ""))
    trace = load(tmp_path)
    assert trace.work_of(0).start_ns.tolist() == trace.work_of(2).start_ns.tolist()
    assert "may not be aligned" in trace.source.damage[0]


def test_clocks_none_of_which_says_what_it_counts_from_are_not_aligned(tmp_path):
    for rank in range(2):
        text = CUDA.replace('"baseTimeNanoseconds": 1790857026000000000,', "")
        (tmp_path / f"rank{rank}.json").write_text(text)
    assert "may not be aligned" in load(tmp_path).source.damage[0]


def test_a_trace_deep_inside_is_found_as_jax_writes_it(tmp_path):
    inside = tmp_path / "plugins/profile/2026_11_23"
    inside.mkdir(parents=True)
    (inside / "host.trace.json.gz").write_bytes(gzip.compress(XLA.encode()))
    (inside / "host.xplane.pb").write_bytes(b"\n\x10\x12\x09/host:CPU")
    assert load(tmp_path).source.format == "xla"


@pytest.mark.parametrize("name", ["trace-rank-1.json", "trace-rank-1.json.gz"])
def test_a_folder_that_is_called_as_the_file_of_a_rank_is_named(tmp_path, name):
    (tmp_path / "trace-rank-0.json.gz").write_bytes(gzip.compress(CUDA.encode()))
    (tmp_path / name).mkdir()
    shutil.copy(tmp_path / "trace-rank-0.json.gz", tmp_path / name / "trace-rank-1.json.gz")
    with pytest.raises(TraceUnreadable, match=f"{name}: is a folder, not a file; move the trace in it out of it"):
        load(tmp_path)


@pytest.mark.parametrize("name", ["trace-rank-0.json", "trace.json", "other-rank-1.json"])
def test_a_folder_that_is_called_otherwise_is_not_of_the_job(tmp_path, name):
    (tmp_path / "trace-rank-0.json.gz").write_bytes(gzip.compress(CUDA.encode()))
    (tmp_path / name).mkdir()
    assert [file.path.name for file in traces_in(tmp_path)] == ["trace-rank-0.json.gz"]


def test_folders_that_are_all_called_as_files_are_looked_into(tmp_path):
    for rank in range(2):
        (tmp_path / f"trace-rank-{rank}.json").mkdir()
        (tmp_path / f"trace-rank-{rank}.json/trace-rank-{rank}.json").write_text(CUDA)
    assert len(traces_in(tmp_path)) == 2


def test_a_folder_without_a_trace_is_refused(tmp_path):
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(TraceUnreadable, match="folder without a trace"):
        load(tmp_path)


def test_cpu_traces_of_two_ranks(tmp_path):
    for rank in (0, 1):
        (tmp_path / f"r{rank}.json").write_text(CPU_ONLY)
    trace = load(tmp_path)
    trace.check()
    assert [device.label for device in trace.devices] == ["rank 0 · CPU 0", "rank 1 · CPU 0"]


@pytest.mark.parametrize(
    ("name", "rank"),
    [
        *[("trace_rank3.json", 3), ("rank-12.json.gz", 12), ("host.rank_7.pt.trace.json", 7), ("r5.json", 5)],
        *[("Rank4.json", 4), ("worker.json", -1), ("error404.json", -1), ("frank3.json", -1), ("rank.json", -1)],
    ],
)
def test_the_rank_that_a_file_name_speaks_of(name, rank):
    assert rank_in_name(name) == rank


def test_a_path_that_the_system_refuses_is_unreadable(tmp_path):
    with pytest.raises(TraceUnreadable, match="File name too long"):
        load(tmp_path / ("x" * 300))


@pytest.mark.parametrize(
    ("there", "name", "counts"),
    [
        ("rank0.json", "rank1.json", True),
        ("rank0.json", "x.pftrace", False),
        ("x.pftrace", "y.pftrace", True),
        ("trace.json", "trace.json.gz", True),
        ("trace.json", "rank1.json", False),
    ],
)
def test_whether_one_more_file_would_be_among_the_traces(tmp_path, there, name, counts):
    content = b"\n\x08\x50\x01\x68\x01\xc0\xb2\x04\x01" if there.endswith("pftrace") else CUDA.encode()
    (tmp_path / there).write_bytes(content)
    assert counts_in(tmp_path, name) == counts


def test_a_run_is_the_trace_of_the_script_and_those_of_the_processes_that_it_started(tmp_path):
    others = ["trace-rank-0.json.gz", "trace-rank-2.json.gz", "trace-rank-10.json.gz", "trace-process-7.json.gz"]
    for name in ("trace.json.gz", "trace-of-mine.json.gz", *others):
        (tmp_path / name).write_bytes(gzip.compress(CUDA.encode()))
    assert [file.path.name for file in traces_in(tmp_path)] == ["trace.json.gz"]
    (tmp_path / "run.json").write_text("{}")
    assert [file.path.name for file in traces_in(tmp_path)] == ["trace.json.gz", *others]
