"""Each word of each vocabulary is written, and read again as what it stands for."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gpu_trace.cupti_recording.kineto_rows import rows as kineto_rows
from gpu_trace.cupti_recording.records import RECORD, ActivityKind, RecordedActivities
from gpu_trace.cupti_recording.slices import RecordedProcess, slices
from gpu_trace.exporting.chrome import export_chrome
from gpu_trace.exporting.perfetto import export_perfetto
from gpu_trace.exporting.timeline.findings import Finding
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.model import (
    MISSING,
    Counters,
    Device,
    DeviceWork,
    Doubt,
    Engine,
    HostCalls,
    HostOperators,
    Memory,
    Overheads,
    Process,
    RangeKind,
    Ranges,
    Source,
    SyncKind,
    Syncs,
    Trace,
    Windows,
)
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.vocabulary import cupti, kineto, perfetto
from gpu_trace_analyzers.whatif.answer import Schedule
from perfetto_decoding import decode
from what_ifs import answered

NAMES = ("gemm", "Memcpy HtoD (Pinned -> Device)", "aten::mm", "domain", "payload", "[1, 2, 3]", "group", "overhead")
KERNEL, COPY, MM, DOMAIN, PAYLOAD, GRID, GROUP, OVERHEAD = range(len(NAMES))
WRITERS = [(export_perfetto, "pftrace"), (export_chrome, "json")]
COPIES = [(source, target) for source in Memory for target in Memory]
BASE_NS = 1_790_857_026_000_000_000
FINDINGS = [Finding(0, 3, 9, "a note", "why")]


def rows(count, **columns):
    start_ns = 100 * np.arange(count)
    host = {"process": np.zeros(count), "start_ns": start_ns, "end_ns": start_ns + 50}
    return host | {name: np.resize(values, count) for name, values in columns.items()}


def everything():
    """One operation of each engine, a copy between any two memories, a wait of each kind, a range of each."""
    engines = [*Engine, *[Engine.COPY_H2D] * len(COPIES)]
    ends = [(MISSING, MISSING)] * len(Engine) + COPIES
    work = rows(
        len(engines),
        engine=engines,
        name=[COPY if engine in (Engine.COPY_H2D, Engine.COPY_D2H) else KERNEL for engine in engines],
        source=[source for source, _ in ends],
        target=[target for _, target in ends],
        device=[0],
        stream=[7],
        context=[1],
        grid=[GRID],
        block=[GRID],
        group=[GROUP],
        sequence=[5],
        size=[4096],
        peer=[1],
        graph=[3],
        graph_node=[4],
        correlation=range(1, len(engines) + 1),
    )
    ranges = rows(2, kind=list(RangeKind), name=[DOMAIN], domain=[DOMAIN, MISSING], color=[0xFF112233, MISSING])
    ranges |= {"category": [PAYLOAD, MISSING], "payload": [PAYLOAD, MISSING], "thread": [100, 100]}
    return Trace(
        source=Source("everything", "kineto", doubts=(Doubt(0, "why", 2),)),
        strings=NAMES,
        devices=(Device("gpu", 0), Device("gpu", 1), Device("cpu", 0)),
        processes=(Process(100, "python"), Process(200, "python")),
        work=DeviceWork.of(work),
        calls=HostCalls.of(rows(1, name=[MM], thread=[100], correlation=[1])),
        operators=HostOperators.of(
            rows(1, name=[MM], thread=[100], shapes=[GRID], types=[GRID], values=[GRID], record_function=[6])
        ),
        ranges=Ranges.of(ranges),
        syncs=Syncs.of(
            rows(len(SyncKind), kind=list(SyncKind), device=[0], stream=[7], correlation=[900])
            | {"awaited_stream": [9] * len(SyncKind), "awaited_correlation": [1] * len(SyncKind)}
        ),
        overheads=Overheads.of(rows(1, name=[OVERHEAD])),
        windows=Windows.of({"start_ns": [0, 20_000], "end_ns": [10_000, 30_000], "process": [0, 0]}),
        counters=Counters.of(rows(1, name=[DOMAIN], unit=[GROUP], value=[7], device=[0], thread=[100])),
    )


def predicted(trace):
    """All work as it was recorded, every operation on the critical path."""
    rows, work = np.arange(len(trace.work)), trace.work
    return answered(schedule=Schedule(rows, work.start_ns, work.end_ns, work.start_ns, work.end_ns, rows))


def test_every_word_of_perfetto_is_written(tmp_path):
    export_perfetto(Analysis(everything()), tmp_path / "all.pftrace", FINDINGS, predicted(everything()))
    decoded = decode(tmp_path / "all.pftrace")
    arguments = {name for row in decoded.slices for name in row.args} - {"category"}
    assert decoded.recorded == {("GPU 0", "GPU 0 · domain"): [(0, 7, {"thread": 100, "process": 100})]}
    titles = {perfetto.title_of(row.track[-1]) for row in decoded.slices}
    assert {row.args["category"] for row in decoded.slices} == set(perfetto.CATEGORIES)
    assert arguments | {perfetto.Argument.CATEGORY} == set(perfetto.ARGUMENTS) - {perfetto.Argument.THREAD}
    assert {*perfetto.LANES.values(), perfetto.EXPOSED, perfetto.FINDINGS, perfetto.DOUBTS} <= titles
    assert {perfetto.SYNCHRONIZATION, perfetto.OVERHEADS, perfetto.CRITICAL} <= titles
    assert {f"{perfetto.PREDICTED}{title}" for title in perfetto.LANES.values()} <= titles


def test_every_category_of_kineto_that_an_export_can_hold_is_written(tmp_path):
    export_chrome(Analysis(everything()), tmp_path / "all.json", FINDINGS)
    found = {event.get("cat") for event in json.loads((tmp_path / "all.json").read_text())["traceEvents"]} - {None}
    not_exported = {
        kineto.Category.INSTANT,
        kineto.Category.DRIVER,
        kineto.Category.GPU_ANNOTATION,
        kineto.Category.PYTHON,
    }
    known = {word for name, word in vars(kineto.Category).items() if name.isupper()}
    assert found == known - not_exported - {kineto.Category.CPU_WORK}


@pytest.mark.parametrize(("write", "form"), WRITERS, ids=["pftrace", "json"])
def test_every_word_is_read_as_what_it_stands_for(write, form, tmp_path):
    trace = everything()
    write(Analysis(trace), tmp_path / f"all.{form}", FINDINGS)
    again = load(tmp_path / f"all.{form}", operators=True)
    assert sorted(again.work.engine.tolist()) == sorted(trace.work.engine.tolist())
    assert sorted(again.syncs.kind.tolist()) == sorted(trace.syncs.kind.tolist())
    assert sorted(again.ranges.kind.tolist()) == sorted(trace.ranges.kind.tolist())
    assert (len(again.calls), len(again.operators), len(again.overheads), len(again.windows)) == (1, 1, 1, 2)
    assert (again.counters.value.tolist(), again.counters.end_ns.tolist()) == ([7], [10_000])
    assert [(doubt.reason, doubt.operations) for doubt in again.source.doubts] == [("why", 2)]
    if form == "pftrace":  # in Kineto's they are in the names of copies alone
        ends = zip(again.work.source.tolist(), again.work.target.tolist(), strict=True)
        assert sorted(ends) == sorted(zip(trace.work.source.tolist(), trace.work.target.tolist(), strict=True))


def recorded(tmp_path, **fields):
    """A kernel, and what CUPTI's library writes of one record, as rows of Kineto, read again."""
    common = {"context": 1, "stream": 7, "start_ns": BASE_NS + 10, "end_ns": BASE_NS + 20, "correlation": 3}
    records = np.zeros(2, RECORD)
    for record, more in zip(
        records, ({"kind": ActivityKind.CONCURRENT_KERNEL, "start_ns": BASE_NS}, fields), strict=True
    ):
        for name, value in (common | more).items():
            record[name] = value
    activities, process = RecordedActivities(records, {}), RecordedProcess(1, BASE_NS, {})
    events = json.loads(f"[{','.join(kineto_rows(activities, process, slices(activities, process)))}]")
    (tmp_path / "trace.json").write_text(json.dumps({kineto.Key.SCHEMA: 1, "traceEvents": events}))
    return load(tmp_path / "trace.json")


@pytest.mark.parametrize("number", [*cupti.COPIES, 99])
def test_kinds_of_copies(number, tmp_path):
    trace = recorded(tmp_path, kind=ActivityKind.MEMCPY, copy_kind=number, source=3, target=3)
    kind = cupti.COPIES.get(number, "Unknown")
    assert trace.text(trace.work.name[1]) == f"Memcpy {kind} (Device -> Device)"
    copies = {"HtoD": Engine.COPY_H2D, "DtoH": Engine.COPY_D2H, "PtoP": Engine.COPY_P2P, "DtoD": Engine.COPY_D2D}
    assert Engine(trace.work.engine[1]) == copies.get(kind, trace.work.engine[1])


@pytest.mark.parametrize("number", [*cupti.MEMORIES, 99])
def test_memories_at_both_ends_of_a_copy(number, tmp_path):
    trace = recorded(tmp_path, kind=ActivityKind.MEMCPY, copy_kind=1, source=number, target=3)
    back = recorded(tmp_path, kind=ActivityKind.MEMCPY, copy_kind=2, source=3, target=number)
    memory = kineto.MEMORIES[cupti.MEMORIES[number]] if number in cupti.MEMORIES else Memory.UNKNOWN
    assert (trace.work.source[1], trace.work.target[1]) == (memory, Memory.DEVICE)
    assert (back.work.source[1], back.work.target[1]) == (Memory.DEVICE, memory)


@pytest.mark.parametrize(("number", "kind"), cupti.SYNCS.items())
def test_kinds_of_synchronization(number, kind, tmp_path):
    trace = recorded(tmp_path, kind=ActivityKind.SYNCHRONIZATION, type=number)
    assert trace.syncs.kind.tolist() == [kind]


def test_every_memory_that_a_trace_can_have_has_a_word():
    words = {memory: kineto.memory_word(memory) for memory in Memory}
    for source, target in COPIES:
        assert kineto.copy_ends(kineto.copy_name("HtoD", words[source], words[target])) == (source, target)
