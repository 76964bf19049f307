"""What is in a trace, what of it could not be used, and what was recorded beside it. Nothing here prints."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .model import MISSING, Engine, Process, RangeKind
from .questions.sampled import sampled_threads
from .questions.unmatched import unmatched

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .model import Device, Source, Trace
    from .questions.sampled import SampledThread
    from .questions.unmatched import Unmatched


@dataclass(frozen=True, slots=True)
class DeviceContents:
    """The operations of one device."""

    device: Device
    operations: Mapping[Engine, int]
    """how many occupied each engine, the commonest first"""
    streams: int
    """streams of a GPU, threads of a CPU, that ran any of them"""


@dataclass(frozen=True, slots=True)
class Sampled:
    """A thread whose stacks were sampled, and the id of its process; `MISSING` if the trace does not say."""

    pid: int
    samples: SampledThread


@dataclass(frozen=True, slots=True)
class Contents:
    """What was read of a file or folder, and what was not."""

    source: Source
    """format, what was set aside or damaged, and how it was recorded"""
    devices: tuple[DeviceContents, ...]
    processes: tuple[Process, ...]
    """without the one that stands for a process that the file does not name"""
    tables: Mapping[str, int]
    """rows of each kind of event, by the key of `TABLES`"""
    sampled: tuple[Sampled, ...]
    """the threads whose stacks were sampled, those with most samples first"""
    unmatched: Unmatched
    unclassified: Mapping[str, int]
    """names of the operations whose engine is unknown, the commonest first"""


TABLES: Mapping[str, str] = {
    "work": "device operations",
    "calls": "API calls",
    "operators": "framework operators",
    "nvtx_ranges": "NVTX ranges",
    "annotations": "annotations",
    "synchronizations": "synchronizations",
    "overheads": "profiler overheads",
    "samples": "sampled stacks",
    "counters": "values of recorded counters",
    "without_correlation": "operations without a correlation id",
}
"""Key, for programs, and title of each kind of event; the last is part of the first."""


def contents(trace: Trace) -> Contents:
    """Count what is in a trace."""
    work = trace.work
    unknown = Counter(trace.text(code) for code in work.name[work.engine == Engine.UNKNOWN].tolist())
    return Contents(
        source=trace.source,
        devices=tuple(_device(trace, position) for position in range(len(trace.devices))),
        processes=tuple(process for process in trace.processes if process != Process(0)),
        tables=_rows(trace),
        sampled=tuple(Sampled(_pid(trace, each.process), each) for each in sampled_threads(trace)),
        unmatched=unmatched(trace),
        unclassified=dict(unknown.most_common()),
    )


def _device(trace: Trace, position: int) -> DeviceContents:
    work = trace.work_of(position)
    engines = Counter(Engine(engine) for engine in work.engine.tolist())
    return DeviceContents(trace.devices[position], dict(engines.most_common()), len(set(work.stream.tolist())))


def _pid(trace: Trace, process: int) -> int:
    return trace.processes[process].pid if process != MISSING else MISSING


def _rows(trace: Trace) -> dict[str, int]:
    kinds = Counter(trace.ranges.kind.tolist())
    without = int((trace.work.correlation < 0).sum())
    return {
        "work": len(trace.work),
        "calls": len(trace.calls),
        "operators": len(trace.operators),
        "nvtx_ranges": kinds[RangeKind.NVTX],
        "annotations": kinds[RangeKind.ANNOTATION],
        "synchronizations": len(trace.syncs),
        "overheads": len(trace.overheads),
        "samples": len(trace.samples),
        "counters": len(trace.counters),
        "without_correlation": without if len(trace.calls) else 0,
    }
