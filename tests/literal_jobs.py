"""Literal traces of jobs: each device is the one of its own rank."""

from __future__ import annotations

from dataclasses import replace

from gpu_trace_analyzers.model import Device, Process, Trace
from literal import literal


def job(text: str, kind: str = "gpu", world_size: int | None = None) -> Trace:
    """The trace that ``literal`` reads, with the devices as ranks; ``world_size`` as its process states it."""
    trace = literal(text, kind)
    ranked = tuple(Device(kind, i, rank=i) for i in range(len(trace.devices)))
    stated = trace.processes if world_size is None else (Process(100, world_size=world_size),)
    return replace(trace, devices=ranked, processes=stated)
