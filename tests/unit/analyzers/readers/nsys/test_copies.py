"""Copies of every kind that Nsight Systems knows, by the export's own tables of numbers or by the documented ones."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.model import Engine, Memory
from gpu_trace_analyzers.questions.causes import causes
from gpu_trace_analyzers.questions.overlap import device_figures
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.readers import load
from small_traces import write_nsys

COPY = "CUPTI_ACTIVITY_KIND_MEMCPY"
KERNEL = "CUPTI_ACTIVITY_KIND_KERNEL"
ROW = "start INTEGER, end INTEGER, deviceId INTEGER, streamId INTEGER, bytes INTEGER, copyKind INTEGER"
ROW += ", srcKind INTEGER, dstKind INTEGER, srcDeviceId INTEGER, dstDeviceId INTEGER"

ENGINES = {
    1: Engine.COPY_H2D,
    2: Engine.COPY_D2H,
    3: Engine.COPY_H2D,
    4: Engine.COPY_D2H,
    5: Engine.COPY_D2D,
    6: Engine.COPY_D2D,
    7: Engine.COPY_D2D,
    8: Engine.COPY_D2D,
    9: Engine.UNKNOWN,
    10: Engine.COPY_P2P,
    11: Engine.COPY_H2D,
    12: Engine.COPY_D2H,
    13: Engine.COPY_P2P,
}
OPERATIONS = [
    "UNKNOWN",
    "HTOD",
    "DTOH",
    "HTOA",
    "ATOH",
    "ATOA",
    "ATOD",
    "DTOA",
    "DTOD",
    "HTOH",
    "PTOP",
    "UVM_HTOD",
    "UVM_DTOH",
    "UVM_DTOD",
]
MEMORIES = ["PAGEABLE", "PINNED", "DEVICE", "ARRAY", "MANAGED", "DEVICE_STATIC", "MANAGED_STATIC", "UNKNOWN"]
ENUM = "id INTEGER PRIMARY KEY, name TEXT, label TEXT"


def enums(shift=0):
    """Nsight's tables; with every number moved, as a later version might."""
    return {
        "ENUM_CUDA_MEMCPY_OPER": (
            ENUM,
            [(shift + number, f"CUDA_MEMCPY_KIND_{name}", "") for number, name in enumerate(OPERATIONS)],
        ),
        "ENUM_CUDA_MEM_KIND": (
            ENUM,
            [(shift + number, f"CUDA_MEMOPR_MEMORY_KIND_{name}", "") for number, name in enumerate(MEMORIES)],
        ),
    }


def read(folder, rows, tables):
    trace = load(write_nsys(folder / "report.sqlite", {COPY: (ROW, rows), **tables}))
    trace.check()
    return trace


def one_of_each(shift=0):
    return [(10 * kind, 10 * kind + 5, 0, 7, 64, shift + kind, shift + 2, shift + 1, 0, 1) for kind in ENGINES]


@pytest.mark.parametrize(("shift", "named"), [(0, False), (0, True), (50, True)])
def test_every_kind_has_its_engine(tmp_path, shift, named):
    trace = read(tmp_path, one_of_each(shift), enums(shift) if named else {})
    assert trace.work.engine.tolist() == list(ENGINES.values())
    assert trace.work.undirected.tolist() == [engine == Engine.UNKNOWN for engine in ENGINES.values()]
    unified = [kind > 10 for kind in ENGINES]
    assert trace.work.source.tolist() == [Memory.MANAGED if of else Memory.DEVICE for of in unified]
    assert trace.work.target.tolist() == [Memory.MANAGED if of else Memory.PINNED for of in unified]
    peers = [trace.devices[peer].index if peer >= 0 else None for peer in trace.work.peer.tolist()]
    assert peers == [1 if kind in (10, 13) else None for kind in ENGINES]


def test_every_memory_is_known(tmp_path):
    known = [Memory.PAGEABLE, Memory.PINNED, Memory.DEVICE, Memory.DEVICE, Memory.MANAGED, Memory.DEVICE]
    known += [Memory.MANAGED, Memory.UNKNOWN]
    rows = [(10 * kind, 10 * kind + 5, 0, 7, 64, 1, kind, kind, None, None) for kind in range(len(known))]
    assert read(tmp_path, rows, {}).work.source.tolist() == known
    rows = [(*row[:6], row[6] + 50, row[7] + 50, None, None) for row in rows]
    (tmp_path / "named").mkdir()
    assert read(tmp_path / "named", rows, enums(50)).work.target.tolist() == known


def test_a_kind_that_is_new_is_a_copy_of_unknown_direction_with_its_name(tmp_path):
    tables = {"ENUM_CUDA_MEMCPY_OPER": (ENUM, [(14, "CUDA_MEMCPY_KIND_SIDEWAYS", "")])}
    trace = read(tmp_path, [(10, 15, 0, 7, 64, kind, 2, 1, None, None) for kind in (14, 99)], tables)
    assert trace.work.undirected.tolist() == [True, True]
    assert set(trace.strings) == {"Memcpy Sideways (Device -> Pinned)", "Memcpy kind 99 (Device -> Pinned)"}


def test_unified_memory_that_migrates_is_copied(tmp_path):
    kernel = {KERNEL: ("start INTEGER, end INTEGER, deviceId INTEGER, streamId INTEGER", [(10_000, 110_000, 0, 7)])}
    # Nsight may say of such pages what it likes: pageable memory would be another cause.
    rows = [
        (60_000, 160_000, 0, 7, 4 << 20, 11, 0, 2, None, None),
        (200_000, 260_000, 0, 7, 2 << 20, 12, 2, 0, None, None),
    ]
    trace = read(tmp_path, rows, kernel)
    figures = device_figures(Scope(trace), 0)
    h2d, d2h = figures.engines[Engine.COPY_H2D], figures.engines[Engine.COPY_D2H]
    assert (h2d.busy_ns, h2d.hidden_ns, h2d.size) == (100_000, 50_000, 4 << 20)
    assert (d2h.busy_ns, d2h.hidden_ns, d2h.size) == (60_000, 0, 2 << 20)
    assert (figures.exposed_copy_ns, figures.overlap_ratio) == (110_000, 0.5)
    assert [(row.cause, row.ns) for row in causes(Scope(trace))] == [("migrated", 110_000)]
