"""How long do the questions take on a million operations of one device? Prints processor seconds, the best of three."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.model import Device, DeviceWork, Engine, HostCalls, Process, RangeKind, Ranges, Source, Trace
from gpu_trace_analyzers.reports.html import to_html

if TYPE_CHECKING:
    from collections.abc import Callable


def large(operations: int, ranges: int) -> Trace:
    """Kernels on one stream and copies on another, with launches; ranges that repeat, three deep."""
    random = np.random.default_rng(0)
    start_ns = np.cumsum(random.integers(500, 4000, operations))
    end_ns = start_ns + random.integers(300, 5000, operations)
    copies = random.random(operations) < 0.2
    work = DeviceWork.of(
        {
            "start_ns": start_ns,
            "end_ns": end_ns,
            "name": np.zeros(operations),
            "engine": np.where(copies, Engine.COPY_D2H, Engine.COMPUTE),
            "device": np.zeros(operations),
            "stream": np.where(copies, 13, 7),
            "process": np.zeros(operations),
            "correlation": np.arange(operations),
        }
    )
    calls = HostCalls.of(
        {
            "start_ns": start_ns - 400,
            "end_ns": start_ns - 200,
            "name": np.ones(operations),
            "process": np.zeros(operations),
            "thread": np.ones(operations),
            "correlation": np.arange(operations),
        }
    )
    return Trace(
        Source("drawn", "drawn", operations),
        ("kernel", "cudaLaunchKernel", "step", "forward", "layer"),
        (Device("gpu", 0),),
        (Process(1),),
        work,
        calls,
        ranges=_nested(int(start_ns[-1]), ranges),
    )


def _nested(span_ns: int, count: int) -> Ranges:
    each = span_ns // count
    begin = np.arange(count) * each
    start_ns = np.concatenate((begin, begin + 1, begin + 2))
    end_ns = np.concatenate((begin + each - 1, begin + each // 2, begin + each // 4))
    order = np.argsort(start_ns, kind="stable")
    columns = {
        "start_ns": start_ns[order],
        "end_ns": end_ns[order],
        "name": np.repeat([2, 3, 4], count)[order],
        "kind": np.full(3 * count, RangeKind.NVTX),
        "process": np.zeros(3 * count),
        "thread": np.ones(3 * count),
    }
    return Ranges.of(columns)


def main(operations: int = 1_000_000, ranges: int = 50_000) -> None:
    """Time each question of a trace that was asked nothing before, and all of them, which share answers."""
    trace = large(operations, ranges)
    questions: dict[str, Callable[[Analysis], object]] = {
        "launches": lambda analysis: analysis.launches,
        "figures": lambda analysis: analysis.figures,
        "ranges": lambda analysis: analysis.ranges,
        "exposed copies": lambda analysis: analysis.exposed_copies,
        "idle": lambda analysis: analysis.idle,
        "summary": lambda analysis: analysis.summary,
        "page": lambda analysis: to_html(analysis, analysis.summary),
    }
    print(f"{operations:,} operations, {3 * ranges:,} ranges")
    for name, ask in questions.items():
        seconds = []
        for _ in range(3):
            analysis = Analysis(replace(trace))
            began = time.process_time()
            ask(analysis)
            seconds.append(time.process_time() - began)
        print(f"{name:<16}{min(seconds):8.3f} s")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
