"""Values over time: how fast each direction copied, how much work was in flight, how many engines were busy at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.intervals import combine, instants
from gpu_trace_analyzers.model import ALL_COPIES
from gpu_trace_analyzers.questions.sweep import busy_engines
from gpu_trace_analyzers.vocabulary.perfetto import LANES

from .titles import RANKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from gpu_trace_analyzers.model import DeviceWork, Int64, Trace

    Values = Int64 | NDArray[np.float64]
    Steps = tuple[Int64, Values]


@dataclass(frozen=True, slots=True)
class Counter:
    """A step function. ``steps`` makes ``(at_ns, value)``: ``value[i]`` holds from ``at_ns[i]`` to ``at_ns[i + 1]``.

    They are made when they are asked for, as they can take as much room as the trace.
    """

    title: str
    unit: str
    rank: int
    steps: Callable[[], Steps]


def counters(trace: Trace, device: int) -> Iterator[Counter]:
    """The counters of one device."""
    work = trace.work_of(device)
    yield Counter("Engines busy concurrently", "engines", 40, partial(_engines_at_once, trace, device))
    yield Counter("Operations in flight", "operations", 41, partial(_in_flight, work))
    for engine in ALL_COPIES:
        rows = work[(work.engine == engine) & (work.size > 0) & (work.end_ns > work.start_ns)]
        if len(rows):
            yield Counter(f"{LANES[engine]} rate", "GB/s", 50 + RANKS[engine], partial(_gb_per_s, rows))


def _in_flight(work: DeviceWork) -> Steps:
    """How many operations have begun and not ended."""
    at_ns = instants(work.start_ns, work.end_ns)
    count = np.searchsorted(work.start_ns, at_ns, side="right")
    count -= np.searchsorted(np.sort(work.end_ns), at_ns, side="right")
    return at_ns, count


def _gb_per_s(copies: DeviceWork) -> Steps:
    return _steps(copies, copies.size / (copies.end_ns - copies.start_ns))


def _engines_at_once(trace: Trace, device: int) -> Steps:
    at_ns, state = combine(busy_engines(trace, device).values())
    return at_ns, np.array([int(mask).bit_count() for mask in range(256)], dtype=np.int64)[state]


def _steps(work: DeviceWork, height: NDArray[np.float64]) -> Steps:
    """The sum of the heights of what is going on, at each instant where it changes."""
    edges = np.concatenate((work.start_ns, work.end_ns))
    at_ns, place = np.unique(edges, return_inverse=True)
    step = np.zeros(len(at_ns))
    np.add.at(step, place.reshape(-1), np.concatenate((height, -height)))
    value = np.cumsum(step)
    # What is left of a sum of floats when all have ended is not a value.
    going_on = np.zeros(len(at_ns), dtype=np.int64)
    np.add.at(going_on, place.reshape(-1), np.repeat([1, -1], len(work)))
    value[np.cumsum(going_on) == 0] = 0
    return at_ns, value
