"""Every column of every table comes back from each export, or stands in the list of those that are not carried."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpu_trace.exporting.chrome import export_chrome
from gpu_trace.exporting.perfetto import export_perfetto
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.model import (
    MISSING,
    Counters,
    Device,
    DeviceWork,
    Engine,
    Frames,
    HostCalls,
    HostOperators,
    Memory,
    Overheads,
    Process,
    RangeKind,
    Ranges,
    Role,
    Samples,
    Source,
    SyncKind,
    Syncs,
    ThreadState,
    Trace,
    Windows,
)
from gpu_trace_analyzers.readers import load

STRINGS = (
    "gemm",
    "nccl_all_reduce",
    "aten::mm",
    "outer",
    "domain",
    "category",
    "payload",
    "[1, 2, 3]",
    "[32, 1, 1]",
    "0 [0, 1]",
)
STRINGS += ("cudaLaunchKernel", "Memcpy PtoP (Device -> Device)", "overhead")
STRINGS += ("[[8, 4], [4, 2]]", '["float", "c10::Half"]', '["", "True"]')
STRINGS += ("<module>", "Loader.batches", "/a/train.py", "SM clock", "MHz")
GEMM, NCCL, MM, OUTER, DOMAIN, CATEGORY, PAYLOAD, GRID, BLOCK, GROUP, LAUNCH, P2P, OVERHEAD, *_ = range(len(STRINGS))
*LISTS, MODULE, BATCHES, FILE, CLOCK, UNIT = range(len(STRINGS))[-8:]
DEVICES = (Device("gpu", 0, "H200", owner="process 100"), Device("gpu", 0, "H200", owner="process 200"))
WRITERS = [(export_perfetto, "pftrace"), (export_chrome, "json")]
NOT_CARRIED = {"pftrace": {"Ranges.color", "DeviceWork.peer"}, "json": {"Syncs.process"}}
for names in NOT_CARRIED.values():
    names |= {f"Counters.{name}" for name in Counters.columns()}
"""In Perfetto colors have no alpha, and a peer is known by its number alone, which here two processes have.
In Chrome JSON a wait is that of no process, as in Kineto's."""


def times(count, start, step=1000, length=400):
    start_ns = start + step * np.arange(count)
    return {"start_ns": start_ns, "end_ns": start_ns + length}


@st.composite
def filled(draw):
    """Two processes with a GPU each, both called 0; every column of every table has a value."""
    count = draw(st.integers(2, 4))
    ids, states = st.integers(1, 2**20), st.sampled_from(ThreadState)
    process = np.arange(count) % 2
    thread = np.where(process == 0, 100, 200)
    correlation = 1 + np.arange(count)
    each = {"process": process}
    kernel = {
        "name": GEMM,
        "engine": Engine.COMPUTE,
        "grid": GRID,
        "block": BLOCK,
        "source": MISSING,
        "target": MISSING,
    }
    work = {
        **times(count, 10_000),
        **{name: np.full(count, value) for name, value in kernel.items()},
        **each,
        "device": process,
        "stream": np.array(draw(st.lists(st.integers(7, 9), min_size=count, max_size=count))),
        "context": np.array(draw(st.lists(ids, min_size=count, max_size=count))),
        "correlation": correlation,
        "group": np.full(count, MISSING),
        "sequence": np.full(count, MISSING),
        "peer": np.full(count, MISSING),
        "size": np.full(count, MISSING),
        "graph": np.array(draw(st.lists(ids, min_size=count, max_size=count))),
        "graph_node": np.array(draw(st.lists(st.integers(1, 2**62), min_size=count, max_size=count))),
    }
    last = {
        "name": P2P,
        "engine": Engine.COPY_P2P,
        "size": draw(ids),
        "source": Memory.DEVICE,
        "target": Memory.DEVICE,
        "peer": 0,
    }
    for name, value in (last | {"grid": MISSING, "block": MISSING}).items():
        work[name][-1] = value
    first = {"name": NCCL, "engine": Engine.COLLECTIVE, "group": GROUP, "sequence": draw(ids), "size": draw(ids)}
    for name, value in first.items():
        work[name][0] = value
    host = each | {"thread": thread}
    trace = Trace(
        source=Source("filled", "kineto"),
        strings=STRINGS,
        devices=DEVICES,
        processes=(Process(100, "python", host="node-1"), Process(200, "python", host="node-2")),
        work=DeviceWork.of(work),
        calls=HostCalls.of(
            times(count, 9_000, length=50) | host | {"name": [LAUNCH] * count, "correlation": correlation}
        ),
        operators=HostOperators.of(
            times(count, 8_990, length=80)
            | host
            | {"name": [MM] * count}
            | {
                column: [code] + [MISSING] * (count - 1)
                for column, code in zip(("shapes", "types", "values"), LISTS, strict=True)
            }
            | {"record_function": [draw(st.integers(1, 2**62))] + [MISSING] * (count - 1)}
        ),
        ranges=Ranges.of(
            times(count, 8_900, length=300)
            | host
            | {"name": [OUTER] * count, "kind": [RangeKind.NVTX] * count, "domain": [DOMAIN] * count}
            | {
                "category": [CATEGORY] * count,
                "payload": [PAYLOAD] * count,
                "color": [draw(st.integers(0, 2**32 - 1))] * count,
            }
        ),
        syncs=Syncs.of(
            times(count, 20_000)
            | each
            | {"kind": [SyncKind.STREAM_WAIT] * count, "device": process, "stream": work["stream"]}
            | {"awaited_stream": [draw(st.integers(1, 99))] * count, "awaited_correlation": correlation}
            | {"correlation": correlation + 100}
        ),
        overheads=Overheads.of(times(count, 30_000, length=10) | each | {"name": [OVERHEAD] * count}),
        windows=Windows.of(
            {"start_ns": [8_000, 8_000, 40_000], "end_ns": [39_000, 50_000, 60_000], "process": [0, 1, 0]}
        ),
        samples=Samples.of(
            times(count, 7_000, length=900)
            | host
            | {"frame": np.arange(count) + draw(st.integers(MISSING, 1))}
            | {"state": draw(st.lists(states, min_size=count, max_size=count))}
        ),
        stack_frames=Frames.of(
            {"caller": [MISSING, 0, 1, 0, 2], "function": [MODULE, BATCHES, BATCHES, MM, MODULE]}
            | {"file": [FILE, FILE, FILE, MISSING, DOMAIN], "line": [90, 57, 58, MISSING, draw(ids)]}
        ),
        counters=Counters.of(
            {"start_ns": [8_500, 8_600, 9_000, 9_100, 40_000], "end_ns": [9_000, 9_100, 39_000, 50_000, 60_000]}
            | {"name": [CLOCK] * 5, "unit": [UNIT] * 5, "value": [draw(st.integers(-(2**62), 2**62)), 7, 8, 6, 9]}
            | {"device": [0, MISSING, 0, MISSING, 0], "process": [0, 1, 0, 1, 0], "thread": [100, 200, MISSING, 7, 100]}
        ),
        epoch_ns=10**18,
    )
    trace.check()
    return trace


def stack(trace, frame):
    """A frame with all around it, outermost last."""
    frames, found = trace.stack_frames, []
    while frame != MISSING:
        texts = trace.text(int(frames.function[frame])), trace.text(int(frames.file[frame]))
        found.append((*texts, int(frames.line[frame])))
        frame = int(frames.caller[frame])
    return found


def columns(trace):
    """What each column says, whatever the numbers: texts, labels and process ids in place of codes and positions."""
    base = int(trace.windows.start_ns.min())
    for table in trace.tables().values():
        order = np.lexsort((table.process, table.start_ns))
        for name in table.columns():
            values = getattr(table, name)[order].tolist()
            if name in table.columns_of(Role.TEXT):
                values = [trace.text(code) for code in values]
            elif name in table.columns_of(Role.DEVICE):
                values = [trace.devices[at].label if at >= 0 else "" for at in values]
            elif name in table.columns_of(Role.PROCESS):
                values = [trace.processes[at].pid if at >= 0 else MISSING for at in values]
            elif name in table.columns_of(Role.FRAME):
                values = [stack(trace, at) for at in values]
            elif name in ("start_ns", "end_ns"):
                values = [value - base for value in values]
            yield f"{type(table).__name__}.{name}", values


@pytest.mark.parametrize(("write", "form"), WRITERS, ids=["pftrace", "json"])
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trace=filled())
def test_every_column_comes_back(trace, write, form, tmp_path):
    write(Analysis(trace), tmp_path / f"again.{form}", [])
    again = load(tmp_path / f"again.{form}", operators=True)
    again.check()
    before, after = dict(columns(trace)), dict(columns(again))
    lost = {name for name in before if after[name] != before[name]}
    assert lost <= NOT_CARRIED[form], {name: (before[name], after[name]) for name in lost - NOT_CARRIED[form]}
    assert Counter(device.label for device in again.devices) == Counter(device.label for device in trace.devices)
    assert [(each.pid, each.host) for each in again.processes] == [(100, "node-1"), (200, "node-2")]


@settings(max_examples=1)
@given(trace=filled())
def test_every_column_of_every_table_has_a_value_that_could_be_lost(trace):
    for name, values in columns(trace):
        assert any(value not in (MISSING, "") for value in values), name
