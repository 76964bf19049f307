"""Of which threads were stacks sampled, how often, and for how much of the time?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..intervals import Intervals
from ..model import MISSING
from .once import once

if TYPE_CHECKING:
    from ..model import Samples, Trace


@dataclass(frozen=True, slots=True)
class SampledThread:
    """The samples of one thread."""

    process: int
    """position in ``Trace.processes``"""
    thread: int
    name: str
    """empty if the trace has none"""
    samples: int
    without_stack: int
    """those of them whose stack could not be read"""
    period_ns: int | None
    """median time from one sample to the next; None for a single one"""
    covered_ns: int
    """recorded time in which one of them stands"""
    recorded_ns: int
    """time in which the process was recorded; 0 where the trace does not say"""


@once
def sampled_threads(trace: Trace) -> tuple[SampledThread, ...]:
    """The threads that were sampled, those with most samples first."""
    samples = trace.samples
    found: list[SampledThread] = []
    for process in np.unique(samples.process).tolist():
        own = samples[samples.process == process]
        found += [_thread(trace, process, each, own[own.thread == each]) for each in np.unique(own.thread).tolist()]
    return tuple(sorted(found, key=lambda each: (-each.samples, each.process, each.thread)))


def _thread(trace: Trace, process: int, thread: int, own: Samples) -> SampledThread:
    windows = trace.windows[np.isin(trace.windows.process, (process, MISSING))]
    recorded = Intervals.of(windows.start_ns, windows.end_ns)
    return SampledThread(
        process=process,
        thread=thread,
        name=trace.processes[process].thread_names.get(thread, "") if process != MISSING else "",
        samples=len(own),
        without_stack=int((own.frame == MISSING).sum()),
        period_ns=int(np.median(np.diff(own.start_ns))) if len(own) > 1 else None,
        covered_ns=(Intervals.of(own.start_ns, own.end_ns) & recorded).total_ns,
        recorded_ns=recorded.total_ns,
    )
