"""CUPTI's records as rows of Kineto: each says what its record says, to the nanosecond."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace.cupti_recording.kineto_rows import name_rows, rows
from gpu_trace.cupti_recording.records import LAUNCH, NO_STREAM, RECORD, ActivityKind, RecordedActivities
from gpu_trace.cupti_recording.slices import RecordedProcess, slices

BASE_NS = 1_790_857_026_000_000_000
PID = 4242
NAMES = {1: 'void f<"x">(\\)', 2: "größe", 3: "cudaLaunchKernel_v7000", 4: "cuLaunchKernel"}
PROCESS = RecordedProcess(PID, BASE_NS, {0: 132})


def record(kind, start=0, end=0, **fields):
    made = np.zeros(1, RECORD)
    made["kind"] = kind
    if kind != ActivityKind.CUDA_EVENT:
        made["start_ns"], made["end_ns"] = BASE_NS + start, BASE_NS + end
    for name, value in fields.items():
        made[name] = np.frombuffer(LAUNCH.pack(*value), "V32") if name == "launch" else value
    return made


def written(*records, process=PROCESS):
    activities = RecordedActivities(np.concatenate([np.zeros(0, RECORD), *records]), NAMES, {70: "main"})
    shown = slices(activities, process)
    texts = [*name_rows(activities, process, shown), *rows(activities, process, shown)]
    return json.loads(f"[{','.join(texts)}]", parse_float=Decimal)


def of_category(found, category):
    return [row for row in found if row.get("cat") == category]


def test_a_kernel():
    launch = (4, 2, 3, 33, 1, 1, 40, 1024)
    [kernel] = of_category(written(record(10, 1234567, 1234570, name=1, stream=7, context=1, launch=launch)), "kernel")
    assert (kernel["name"], kernel["pid"], kernel["tid"]) == (NAMES[1], 0, 7)
    assert (kernel["ts"], kernel["dur"]) == (Decimal("1234.567"), Decimal("0.003"))
    assert {name: kernel["args"][name] for name in ("grid", "block", "registers per thread", "shared memory")} == {
        "grid": [4, 2, 3],
        "block": [33, 1, 1],
        "registers per thread": 40,
        "shared memory": 1024,
    }
    assert kernel["args"]["blocks per SM"] == Decimal(str(round(24 / 132, 6)))
    assert kernel["args"]["warps per SM"] == Decimal(str(round(24 * 2 / 132, 6)))
    assert "graph id" not in kernel["args"]


def test_a_kernel_of_a_graph_on_a_gpu_nobody_described():
    found = written(record(10, 1, 2, name=9, device=5, graph=3, graph_node=1 << 40))
    [kernel] = of_category(found, "kernel")
    assert (kernel["name"], kernel["args"]["graph id"], kernel["args"]["graph node id"]) == ("unknown", 3, 1 << 40)
    assert "blocks per SM" not in kernel["args"]


@pytest.mark.parametrize(
    ("kind", "fields", "name", "args"),
    [
        (1, {"copy_kind": 1, "source": 1, "target": 3}, "Memcpy HtoD (Pageable -> Device)", {"device": 2}),
        (1, {"copy_kind": 2, "source": 3, "target": 2}, "Memcpy DtoH (Device -> Pinned)", {"device": 2}),
        (1, {"copy_kind": 8, "source": 3, "target": 3}, "Memcpy DtoD (Device -> Device)", {"device": 2}),
        (1, {"copy_kind": 99, "source": 99, "target": 7}, "Memcpy Unknown (Unknown -> Managed Static)", {"device": 2}),
        (
            22,
            {"copy_kind": 10, "source": 3, "target": 3, "from_device": 2, "to_device": 1},
            "Memcpy PtoP (Device -> Device)",
            {"fromDevice": 2, "inDevice": 2, "toDevice": 1},
        ),
    ],
)
def test_copies(kind, fields, name, args):
    [copy] = of_category(written(record(kind, 5, 8, device=2, stream=9, bytes=1 << 40, **fields)), "gpu_memcpy")
    assert (copy["name"], copy["pid"], copy["tid"], copy["dur"]) == (name, 2, 9, Decimal("0.003"))
    assert copy["args"].items() >= (args | {"bytes": 1 << 40, "stream": 9}).items()


def test_how_fast_copies_and_memsets_were_and_of_which_graph():
    found = written(
        record(1, 5, 9, bytes=10, graph=3, graph_node=1 << 40),
        record(22, 5, 5, bytes=10),
        record(2, 5, 6, bytes=10, graph=4, graph_node=7),
    )
    names = ("memory bandwidth (GB/s)", "graph id", "graph node id")
    copies, memsets = (of_category(found, category) for category in ("gpu_memcpy", "gpu_memset"))
    said = [tuple(row["args"].get(name) for name in names) for row in (*copies, *memsets)]
    assert sorted(said, key=str) == [(Decimal(10), 4, 7), (Decimal("2.5"), 3, 1 << 40), (None, None, None)]


def test_a_memset_and_an_overhead():
    found = written(record(2, 5, 8, stream=9, bytes=80, target=3), record(17, 1, 4, type=7 << 16))
    assert [(row["name"], row["args"]["bytes"]) for row in of_category(found, "gpu_memset")] == [
        ("Memset (Device)", 80)
    ]
    assert [(row["name"], row["pid"]) for row in of_category(found, "overhead")] == [("Activity Buffer Request", -1)]


def test_calls_and_their_arrows():
    found = written(
        record(5, 1, 3, name=3, thread=70, correlation=11),
        record(4, 4, 6, name=4, thread=71, correlation=12, returned=700),
        record(10, 5, 9, name=2, device=1, stream=7, correlation=11),
        record(10, 9, 12, name=2, device=1, stream=8, correlation=11),
        record(10, 12, 15, name=2, device=1, stream=8, correlation=13),
    )
    [runtime], [driver] = of_category(found, "cuda_runtime"), of_category(found, "cuda_driver")
    assert (runtime["name"], runtime["pid"], runtime["tid"], runtime["args"]) == (
        "cudaLaunchKernel",
        PID,
        70,
        {"correlation": 11},
    )
    assert (driver["name"], driver["tid"], driver["args"]) == ("cuLaunchKernel", 71, {"correlation": 12, "result": 700})
    arrows = [(row["ph"], row["id"], row["pid"], row["tid"], row["ts"]) for row in of_category(found, "ac2g")]
    assert sorted(arrows, key=lambda arrow: arrow[-1]) == [
        ("s", 11, PID, 70, Decimal("0.001")),
        ("f", 11, 1, 7, Decimal("0.005")),
        ("f", 11, 1, 8, Decimal("0.009")),
    ]
    names = {(row["pid"], row["tid"]): row["args"]["name"] for row in found if row["name"] == "thread_name"}
    assert names == {(1, 7): "stream 7", (1, 8): "stream 8", (PID, 70): "thread 70 (main)"}


def waits(*records):
    work = record(10, 0, 1, context=1), record(10, 0, 1, context=2, device=1)
    return {row["args"]["correlation"]: row for row in of_category(written(*work, *records), "cuda_sync")}


def event(correlation, stream, number=4, context=1):
    return record(36, correlation=correlation, stream=stream, context=context, event=number)


def wait(correlation, kind=2, number=4, context=1, stream=9):
    return record(38, 5, 6, correlation=correlation, type=kind, event=number, context=context, stream=stream)


def awaited(row):
    return row["args"]["wait_on_stream"], row["args"]["wait_on_cuda_event_record_corr_id"]


def test_a_wait_is_for_the_latest_recording_of_its_event_before_it():
    found = waits(
        event(10, 7), event(20, 8), event(15, 6, number=5), event(30, 3), wait(12), wait(25), wait(9), wait(40)
    )
    assert {number: awaited(row) for number, row in found.items()} == {
        9: (-1, -1),
        12: (7, 10),
        25: (8, 20),
        40: (3, 30),
    }
    assert found[25]["args"]["wait_on_cuda_event_id"] == 4


def test_a_wait_for_an_event_of_another_device():
    assert awaited(waits(event(1, 7, context=1), wait(3, context=2))[3]) == (7, 1)
    both = waits(event(1, 7, context=1), event(2, 8, context=3), wait(3, context=2))
    assert awaited(both[3]) == (-1, -1)  # nobody knows which


def test_where_synchronizations_stand():
    found = waits(
        wait(1, kind=1, stream=NO_STREAM),
        wait(2, kind=3, stream=7, context=2),
        wait(3, kind=4, stream=NO_STREAM),
        wait(4, kind=77),
        wait(5, context=99),
    )
    assert {n: (row["name"], row["pid"], row["tid"], row["args"]["stream"]) for n, row in found.items()} == {
        1: ("Event Sync", 0, 1, -1),
        2: ("Stream Sync", 1, 7, 7),
        3: ("Context Sync", 0, 1, -1),
    }
    assert "wait_on_stream" not in found[2]["args"]


TIMES = st.tuples(st.integers(0, 2**53), st.integers(0, 2**40)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(st.lists(st.tuples(st.sampled_from([1, 2, 5, 10, 17, 22]), TIMES, st.integers(0, 5), st.integers(0, 30))))
def test_every_record_becomes_one_row_exact_to_the_nanosecond(cases):
    found = written(
        *(record(kind, *times, device=device, correlation=number, name=3) for kind, times, device, number in cases)
    )
    category = {1: "gpu_memcpy", 22: "gpu_memcpy", 2: "gpu_memset", 5: "cuda_runtime", 10: "kernel", 17: "overhead"}
    pids = {5: lambda _: PID, 17: lambda _: -1}
    expected = Counter(
        (category[kind], pids.get(kind, int)(device), Decimal(start) / 1000, Decimal(end - start) / 1000)
        for kind, (start, end), device, _ in cases
    )
    assert Counter((row["cat"], row["pid"], row["ts"], row["dur"]) for row in found if row["ph"] == "X") == expected
    calls = Counter(number for kind, _, _, number in cases if kind == 5)
    work = Counter(number for kind, _, _, number in cases if kind in (1, 2, 10, 22))
    assert Counter((row["ph"], row["id"]) for row in of_category(found, "ac2g")) == Counter(
        {("s", n): count for n, count in calls.items() if n in work}
        | {("f", n): count for n, count in work.items() if n in calls}
    )
