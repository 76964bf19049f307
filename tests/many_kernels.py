"""Traces of many small operations with gaps between them, as training steps of small kernels are."""

from __future__ import annotations

import numpy as np

from gpu_trace_analyzers.model import (
    MISSING,
    Device,
    DeviceWork,
    Engine,
    Memory,
    Process,
    RangeKind,
    Ranges,
    Source,
    Trace,
)

NAMES = tuple(
    f"void at::native::vectorized_elementwise_kernel<{i}, at::native::FillFunctor<float>>()" for i in range(60)
)


def many_kernels(count: int = 80_800) -> Trace:
    """Kernels that take about 28 % of their time, on two streams of which one overlaps the other now and then; besides
    a memset for every ten and a copy for every hundred of them, and a range for every step of two thousand.

    Nothing repeats itself, so that it packs as badly as a recorded trace does.
    """
    random = np.random.default_rng(7)
    kernels = _row_after_row(random, count, (1_000, 9_000), (5_000, 21_000))
    memsets = _row_after_row(random, count // 10, (700, 1_100), (150_000, 182_000))
    copies = _row_after_row(random, count // 100, (20_000, 400_000), (1_000_000, 1_580_000))
    second = slice(None, None, 50)
    parts = [
        (*kernels, Engine.COMPUTE, 7),
        (kernels[0][second] + 500, kernels[1][second] + 700, Engine.COMPUTE, 9),
        (*memsets, Engine.MEMSET, 7),
        (*copies, Engine.COPY_D2H, 13),
    ]
    columns = {
        "start_ns": np.concatenate([start for start, *_ in parts]),
        "end_ns": np.concatenate([end for _, end, *_ in parts]),
        "engine": np.concatenate([np.full(len(start), engine) for start, _, engine, _ in parts]),
        "stream": np.concatenate([np.full(len(start), stream) for start, *_, stream in parts]),
    }
    order = np.lexsort((columns["end_ns"], columns["start_ns"]))
    work = {name: column[order] for name, column in columns.items()}
    work |= {"name": random.integers(0, len(NAMES), len(order)), "size": np.full(len(order), MISSING)}
    work |= {name: np.zeros(len(order), dtype=np.int64) for name in ("device", "process")}
    work |= {"correlation": np.full(len(order), MISSING), "target": np.full(len(order), Memory.PINNED)}
    steps = {"start_ns": kernels[0][::2000], "end_ns": np.append(kernels[0][2000::2000], kernels[1][-1])}
    fixed = {"name": len(NAMES), "kind": RangeKind.NVTX, "process": 0, "thread": 1, "domain": MISSING}
    ranges = steps | {name: np.full(len(steps["start_ns"]), value) for name, value in fixed.items()}
    strings, devices = (*NAMES, "step"), (Device("gpu", 0, "NVIDIA H200"),)
    source = Source("many kernels", "literal", len(order))
    trace = Trace(source, strings, devices, (Process(1),), work=DeviceWork.of(work), ranges=Ranges.of(ranges))
    trace.check()
    return trace


def _row_after_row(
    random: np.random.Generator, count: int, busy: tuple[int, int], gap: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    busy_ns, gap_ns = random.integers(*busy, count), random.integers(*gap, count)
    end_ns = np.cumsum(busy_ns + gap_ns)
    return end_ns - busy_ns, end_ns
