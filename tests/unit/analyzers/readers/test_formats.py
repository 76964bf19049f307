"""A small literal trace of each format, read field by field."""

from __future__ import annotations

import gzip
import json
from itertools import product

import pytest

from gpu_trace_analyzers.errors import FormatUnsupported, TraceUnreadable
from gpu_trace_analyzers.model import MISSING, Engine, Memory, RangeKind, SyncKind
from gpu_trace_analyzers.readers import kineto, load
from small_traces import JSON, NSYS_OLD, NSYS_TABLES, write_nsys


def write(folder, name: str, text: str):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def read(tmp_path):
    def read(text: str, **how):
        trace = load(write(tmp_path, "trace.json", text), **how)
        trace.check()
        return trace

    return read


def work(trace):
    """(device, engine, start, end, name) of every row."""
    rows = trace.work
    return [
        (trace.devices[device].label, Engine(engine).key, start, end, trace.text(name))
        for device, engine, start, end, name in zip(
            rows.device, rows.engine, rows.start_ns.tolist(), rows.end_ns.tolist(), rows.name, strict=True
        )
    ]


def column(trace, table, name):
    return getattr(getattr(trace, table), name).tolist()


def test_kineto_of_today(read):
    trace = read(JSON["cuda"])
    one, two = "GPU 0 (NVIDIA H200)", "GPU 1 (NVIDIA H200)"
    assert work(trace) == [
        (one, "compute", 106001, 126003, "sgemm"),
        (one, "collective", 110000, 111000, "my_own_exchange"),
        (one, "copy_p2p", 130000, 133000, "Memcpy PtoP (Device -> Device)"),
        (two, "copy_h2d", 131000, 134000, "Memcpy HtoD (Pageable -> Device)"),
        (two, "memset", 135000, 135800, "Memset (Device)"),
    ]
    assert column(trace, "work", "peer") == [MISSING, MISSING, 1, MISSING, MISSING]
    assert column(trace, "work", "size") == [MISSING, MISSING, 4096, 64, 8]
    assert column(trace, "work", "source") == [MISSING, MISSING, Memory.DEVICE, Memory.PAGEABLE, MISSING]
    assert [trace.text(code) for code in trace.work.grid] == ["[16, 32, 1]", "", "", "", ""]
    assert [process.pid for process in trace.processes] == [77]
    assert trace.epoch_ns == 1790857026000000000
    assert column(trace, "calls", "correlation") == [1]
    assert column(trace, "overheads", "end_ns") == [152000]
    assert trace.source.metadata == {"cuda_driver_version": "13000"}
    assert trace.source.dropped == {"annotations on GPU rows": 1}
    assert trace.source.events == 12


def test_kinetos_ranges_nvtx_and_synchronization(read):
    trace = read(JSON["cuda"])
    ranges = trace.ranges
    assert [trace.text(code) for code in ranges.name] == ["step", "forward", "here"]
    assert ranges.kind.tolist() == [RangeKind.NVTX, RangeKind.ANNOTATION, RangeKind.NVTX]
    assert ranges.thread.tolist() == [77, 77, 77]
    assert [trace.text(code) for code in ranges.domain] == ["app", "", ""]
    assert [trace.text(code) for code in ranges.category] == ["train", "", ""]
    assert [trace.text(code) for code in ranges.payload] == ["3", "", ""]
    assert ranges.color.tolist() == [0xFF00AA11, MISSING, MISSING]
    assert (ranges.start_ns[2], ranges.end_ns[2]) == (99500, 99500)
    syncs = trace.syncs
    assert (syncs.kind.tolist(), syncs.stream.tolist()) == ([SyncKind.STREAM_WAIT], [7])
    assert (syncs.awaited_stream.tolist(), syncs.awaited_correlation.tolist()) == ([13], [8])


def test_kineto_of_2021(read):
    trace = read(JSON["kineto 2021"], operators=True)
    start = 1625000000000000_000
    assert work(trace) == [
        ("GPU 0", "compute", start + 125_000, start + 225_000, "volta_sgemm_128x64"),
        ("GPU 0", "copy_d2h", start + 230_000, start + 230_000, "Memcpy DtoH (Device -> Pinned)"),
        ("GPU 0", "memset", start + 240_000, start + 241_000, "Memset (Device)"),
    ]
    assert trace.epoch_ns == 0
    assert column(trace, "calls", "thread") == [88]
    assert column(trace, "operators", "thread") == [88]
    assert trace.processes[0].name == "python"


def test_rocm(read):
    trace = read(JSON["rocm"])
    assert [row[:2] for row in work(trace)] == [
        ("GPU 2 (AMD Instinct MI300X)", "compute"),
        ("GPU 2 (AMD Instinct MI300X)", "collective"),
        ("GPU 9 (AMD Instinct MI300X)", "copy_h2d"),
        ("GPU 9 (AMD Instinct MI300X)", "copy_d2h"),
        ("GPU 9 (AMD Instinct MI300X)", "memset"),
    ]
    assert column(trace, "work", "source")[2:4] == [Memory.UNKNOWN, Memory.UNKNOWN]


def test_xpu_and_a_copy_of_unknown_direction(read):
    trace = read(JSON["xpu"])
    assert [row[1] for row in work(trace)] == ["compute", "copy_h2d", "copy_d2h", "unknown"]
    assert trace.source.dropped == {"unclassified": 1}
    assert column(trace, "calls", "correlation") == [3]


def test_a_trace_without_a_gpu_has_the_cpu_at_its_innermost_operators(read):
    trace = read(JSON["cpu only"])
    assert work(trace) == [
        ("CPU 0", "compute", 10000, 12000, "aten::linear"),
        ("CPU 0", "memset", 11000, 13000, "aten::fill_"),
        ("CPU 0", "compute", 12000, 32000, "aten::addmm"),
        ("CPU 0", "compute", 32000, 35000, "aten::linear"),
        ("CPU 0", "copy_d2d", 35000, 39000, "aten::copy_"),
        ("CPU 0", "compute", 39000, 40000, "aten::linear"),
    ]
    assert column(trace, "work", "stream") == [5, 6, 5, 5, 5, 5]
    assert len(trace.operators) == 0
    assert len(read(JSON["cpu only"], operators=True).operators) == 4
    assert trace.source.dropped == {"Python functions": 1}


@pytest.mark.parametrize(
    ("devices", "category", "operators", "readings"),
    [
        ("[\n  ]", "cpu_op", False, [True]),
        ("[]", "kernel", False, [True, False]),
        ('[{"id": 0, "name": "x"}]', "cpu_op", False, [False, True]),
        ('[{"id": 0, "name": "x"}]', "kernel", False, [False]),
        ("[]", "kernel", True, [True]),
    ],
)
def test_a_file_is_read_once_where_its_head_says_what_it_is_about(
    devices, category, operators, readings, tmp_path, monkeypatch
):
    event = f'{{"ph": "X", "cat": "{category}", "name": "n", "pid": 0, "tid": 7, "ts": 1.500, "dur": 2.250}}'
    other = event.replace(category, "cpu_op").replace('"n"', '"aten::mm"')
    path = tmp_path / "trace.json"
    path.write_text(f'{{"schemaVersion": 1, "deviceProperties": {devices}, "traceEvents": [{event}, {other}]}}')
    seen, read = [], kineto.read
    monkeypatch.setattr(kineto, "read", lambda file, rules, wanted: seen.append(wanted) or read(file, rules, wanted))
    trace = load(path, operators=operators)
    assert seen == readings
    assert {device.kind for device in trace.devices} == {"gpu" if category == "kernel" else "cpu"}
    assert len(trace.operators) == operators
    assert trace.source.dropped.get("framework operators", 0) == (category == "kernel" and not operators)


def test_a_bare_list_of_events(read):
    assert work(read(JSON["bare list"])) == [("GPU 0", "compute", 1500, 3750, "k")]


def test_sampled_stacks(read):
    trace = read(JSON["sampled"])
    assert work(trace) == [("GPU 0", "compute", 106001, 126003, "sgemm")]
    assert list(zip(trace.samples.start_ns.tolist(), trace.samples.end_ns.tolist(), strict=True)) == [
        (90_001, 100_001),
        (100_001, 109_001),
    ]
    assert [trace.text(trace.stack_frames.function[frame]) for frame in trace.samples.frame] == ["batches", "<module>"]
    assert (trace.stack_frames.caller.tolist(), trace.stack_frames.line.tolist()) == ([-1, 0], [90, 57])
    assert trace.windows.start_ns.tolist() == [100_000]


def test_xla(read):
    trace = read(JSON["xla"])
    gpu = "GPU 0 (NVIDIA H100)"
    assert work(trace) == [
        (gpu, "compute", 100500, 120750, "loop_add_fusion"),
        (gpu, "copy_h2d", 105125, 115125, "MemcpyH2D"),
        (gpu, "copy_d2h", 120000, 121000, "copy.3"),
        (gpu, "copy_p2p", 122000, 123000, "MemcpyP2P"),
        (gpu, "memset", 124000, 125000, "Memset"),
        (gpu, "collective", 130000, 135000, "ncclDevKernel_AllReduce_Sum"),
    ]
    assert column(trace, "work", "size") == [MISSING, 4096, 8, 8, 64, MISSING]
    assert column(trace, "work", "stream") == [7, 14, 14, 14, 7, 7]
    assert column(trace, "work", "correlation")[:2] == [11, 13]
    assert [trace.text(code) for code in trace.ranges.name] == ["train"]
    assert column(trace, "calls", "correlation") == [11]
    assert trace.source.dropped == {"derived rows, which repeat the work of the streams": 2, "host events": 1}
    assert trace.source.events == 19
    assert len(read(JSON["xla"], operators=True).operators) == 1


def test_mxnet(read):
    trace = read(JSON["mxnet"])
    start = 1795413170476549_000
    assert work(trace) == [
        ("CPU 0", "compute", start, start + 100_000, "dot"),
        ("GPU 1", "copy_d2h", start + 51_000, start + 151_000, "CopyGPU2CPU"),
    ]
    assert [device.label for device in trace.devices] == ["GPU 1", "CPU 0"]
    assert trace.source.dropped == {
        "counters": 1,
        "operators and calls repeated as asynchronous events": 2,
        "operators that begin or end outside the recording": 1,
    }
    assert trace.epoch_ns == 0


def test_nsys(tmp_path):
    trace = load(write_nsys(tmp_path / "report.sqlite", NSYS_TABLES))
    trace.check()
    gpu = "GPU 0 (NVIDIA A100)"
    assert work(trace) == [
        (gpu, "compute", 1000, 3001, "void gemm<float>(float*)"),
        (gpu, "copy_h2d", 1500, 1800, "Memcpy HtoD (Pageable -> Device)"),
        (gpu, "copy_d2h", 1900, 2000, "Memcpy DtoH (Device -> Pinned)"),
        (gpu, "copy_p2p", 2100, 2200, "Memcpy PtoP (Device -> Device)"),
        (gpu, "copy_d2d", 2300, 2400, "Memcpy DtoD (Device -> Managed)"),
        (gpu, "unknown", 2500, 2600, "Memcpy HtoH (Pinned -> Pinned)"),
        (gpu, "memset", 3100, 3200, "Memset (Device)"),
    ]
    assert trace.text(trace.work.grid[0]) == "[16, 32, 1]"
    assert column(trace, "work", "peer")[3] == 1
    assert column(trace, "calls", "thread") == [79, 79]
    assert column(trace, "calls", "correlation") == [11, 12]
    assert {process.pid for process in trace.processes} == {77}
    assert trace.processes[0].thread_names == {79: "main"}
    assert column(trace, "syncs", "kind") == [SyncKind.STREAM, SyncKind.CONTEXT]
    assert column(trace, "syncs", "stream") == [7, MISSING]
    assert trace.epoch_ns == 1700000000000000000
    assert trace.source.dropped == {
        "NVTX ranges that did not end": 1,
        "NVTX rows that name things": 2,
        "no start or end": 1,
        "rows of OSRT_API": 2,
        "unclassified": 1,
    }


def test_nsys_nvtx(tmp_path):
    trace = load(write_nsys(tmp_path / "report.sqlite", NSYS_TABLES))
    ranges = trace.ranges
    assert [trace.text(code) for code in ranges.name] == ["step", "registered", "mark"]
    assert [trace.text(code) for code in ranges.domain] == ["NCCL", "", ""]
    assert [trace.text(code) for code in ranges.category] == ["io", "", ""]
    assert [trace.text(code) for code in ranges.payload] == ["42", "2.5", ""]
    assert ranges.color.tolist() == [0xFF00AA11, MISSING, MISSING]
    assert (ranges.start_ns[2], ranges.end_ns[2]) == (860, 860)
    assert ranges.thread.tolist() == [79, MISSING, 79]  # the one of start and end is of its process


_NVTX = '{{"ph": "X", "cat": "nvtx", "name": "r", "pid": 5, "tid": 9, "ts": 1.000, "dur": 2.000, "args": {}}}'


@pytest.mark.parametrize(
    ("args", "thread"),
    [
        ("{}", 9),
        ('{"thread": 7}', 7),
        ('{"thread": 7, "scope": "process"}', MISSING),
        ('{"scope": "process"}', MISSING),
    ],
)
def test_the_thread_of_an_nvtx_range(read, args, thread):
    trace = read(f'{{"schemaVersion": 1, "traceEvents": [{_NVTX.format(args)}]}}')
    assert trace.ranges.thread.tolist() == [thread]


_NAMED = '{{"ph": "M", "name": "thread_name", "pid": 5, "tid": 6, "ts": 0, "args": {{"name": "{}"}}}}'


@pytest.mark.parametrize(("names", "known"), [("ab", "a / b"), ("ba", "b / a"), ("aa", "a"), ("aba", "a / b")])
def test_a_thread_keeps_every_name_that_it_is_given(read, names, known):
    events = ", ".join([_NVTX.format("{}"), *(_NAMED.format(name) for name in names)])
    trace = read(f'{{"schemaVersion": 1, "traceEvents": [{events}]}}')
    assert trace.processes[0].thread_names == {6: known}


def test_nsys_of_an_older_version_with_few_tables(tmp_path):
    trace = load(write_nsys(tmp_path / "report.sqlite", NSYS_OLD))
    trace.check()
    assert work(trace) == [("GPU 0", "compute", 1000, 3001, "gemm"), ("GPU 0", "unknown", 4000, 5000, "CUDA graph 6")]


@pytest.mark.parametrize("absent", NSYS_TABLES)
def test_nsys_without_any_one_table(tmp_path, absent):
    tables = {name: table for name, table in NSYS_TABLES.items() if name != absent}
    trace = load(write_nsys(tmp_path / "report.sqlite", tables))
    trace.check()
    assert trace.source.damage == ()


@pytest.mark.parametrize("name", JSON)
def test_gzip_and_a_wrong_ending_change_nothing(tmp_path, name):
    plain = load(write(tmp_path, "plain.json", JSON[name]), operators=True)
    packed = tmp_path / "packed.txt"
    packed.write_bytes(gzip.compress(JSON[name].encode()))
    again = load(packed, operators=True)
    assert work(again) == work(plain)
    assert again.source.dropped == plain.source.dropped


UNSUPPORTED = [
    ("report.nsys-rep", b"\x00\x01binary", "nsys export --type sqlite"),
    ("report.qdrep", b"\x00\x01binary", "nsys export"),
    ("host.xplane.pb", b"\n\x10\x12\x09/host:CPU", "trace.json.gz"),
    ("plane", b"\n\x20\x08\x01\x12\x0d/device:GPU:0", "trace.json.gz"),
    ("results.json", b'{"rocprofiler-sdk-tool": [{"metadata": {}}]}', "record with torch.profiler"),
    ("summary.json", b'{"schema": "gpu-trace.summary/1"}', "run folder"),
    ("trace.zip", b"PK\x03\x04rest", "unpack"),
    ("trace.json.zst", b"\x28\xb5\x2f\xfdrest", "zstd -d"),
]


@pytest.mark.parametrize(("name", "content", "advice"), UNSUPPORTED)
def test_known_formats_that_are_not_read_get_the_next_step(tmp_path, name, content, advice):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FormatUnsupported, match=advice):
        load(tmp_path / name)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"{}", b"[]", b'{"a": 1}', b"\x00" * 100, b"\x1f\x8b", b"\x1f\x8b\x08junk"]
)
def test_what_is_no_trace_is_refused_in_one_sentence(tmp_path, content):
    path = tmp_path / "thing.json"
    path.write_bytes(content)
    with pytest.raises(TraceUnreadable) as caught:
        load(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(TraceUnreadable, match="does not exist"):
        load(tmp_path / "missing.json")


def test_another_sqlite_file_is_refused(tmp_path):
    with pytest.raises(TraceUnreadable, match="not an export of Nsight Systems"):
        load(write_nsys(tmp_path / "cookies.sqlite", {"cookies": ("name TEXT", [("a",)])}))


NAMES_OF_OTHERS = ["cpu/0", "/device:GPU:0", "/host:CPU", "roctxRangePush", "GPU0 COPY", "MXNET_C_API"]


@pytest.mark.parametrize(
    ("begin", "name"), [*product(("{", "\n  {"), NAMES_OF_OTHERS), *product("[", NAMES_OF_OTHERS[:3])]
)
def test_a_range_may_have_any_name(read, begin, name):
    event = '{"ph": "X", "cat": "CAT", "name": "NAME", "pid": 0, "tid": 7, "ts": 1.500, "dur": 2.250}'
    events = ", ".join(event.replace("CAT", cat).replace("NAME", name) for cat in ("kernel", "user_annotation"))
    text = f"[{events}]" if begin == "[" else f'{begin}"schemaVersion": 1, "traceEvents": [{events}]}}'
    trace = read(text)
    assert trace.source.format == "kineto"
    assert (len(trace.work), len(trace.ranges)) == (1, 1)


def test_an_absurd_stamp_does_not_make_the_clock_count_from_1970(read):
    event = '{{"ph": "X", "cat": "kernel", "name": "k", "pid": 0, "tid": 7, "ts": {}.500, "dur": 2.250}}'
    events = ", ".join(event.format(stamp) for stamp in (4555785412000, 4555785413000, 1790857026000001))
    trace = read(f'{{"schemaVersion": 1, "baseTimeNanoseconds": 1790857026000000000, "traceEvents": [{events}]}}')
    assert trace.epoch_ns == 1790857026000000000
    assert trace.source.dropped == {"quarantined: more than a day from most events": 1}
    assert len(trace.work) == 2


def test_work_of_a_tpu_is_not_passed_over_in_silence(read):
    text = JSON["xla"].replace("/device:GPU:0 (NVIDIA H100)", "/device:TPU:0")
    trace = read(text)
    assert not any(device.kind == "gpu" for device in trace.devices)
    assert trace.source.losses["rows of /device:TPU:0, a device that is not read"] > 0


def test_process_ids_of_nsys_where_the_number_is_negative(tmp_path):
    process = (77 << 24) - (1 << 63)  # the topmost bits are the machine's, and SQLite's integers have a sign
    rows = [(1000, 3001, 0, 1, 7, 11, process, 1, 2, 16, 32, 1, 256, 1, 1)]
    kernels = "CUPTI_ACTIVITY_KIND_KERNEL"
    path = tmp_path / "x.sqlite"
    write_nsys(path, {"StringIds": NSYS_TABLES["StringIds"], kernels: (NSYS_TABLES[kernels][0], rows)})
    assert [process.pid for process in load(path).processes] == [77]


def test_of_operators_of_one_name_that_nest_in_mxnet_the_inner_one_ends_first(read):
    times = [("B", 10), ("B", 20), ("E", 30), ("E", 40)]
    events = [{"ph": phase, "name": "dot", "pid": 0, "tid": 1, "ts": ts} for phase, ts in times]
    named = {"ph": "M", "name": "process_name", "pid": 0, "args": {"name": "cpu/0"}}
    trace = read(json.dumps({"traceEvents": [named, *events], "displayTimeUnit": "ms"}))
    first = int(trace.work.start_ns[0])
    spans = zip(trace.work.start_ns.tolist(), trace.work.end_ns.tolist(), strict=True)
    assert [(start - first, end - first) for start, end in spans] == [(0, 30_000), (10_000, 20_000)]
