"""Which operations of GPUs did the host launch outside every range, and from where?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING
from .issued import launch_order
from .launches import launches
from .once import once

if TYPE_CHECKING:
    from ..model import Trace
    from .launches import Launches
    from .scope import Scope


@dataclass(frozen=True, slots=True)
class Unowned:
    """Operations of GPUs that no range has although their launch is in the trace; all 0 where there are no ranges."""

    operations: int = 0
    of: int = 0
    """how many operations have their launch in the trace"""
    on_thread: int = 0
    """how many of those that no range has were launched by the thread that launched most of them"""
    thread: str = ""
    """what that thread is called"""


@once
def unowned(scope: Scope) -> Unowned:
    """Count them; with a window, the operations that meet it."""
    trace, launched = scope.trace, launches(scope.trace)
    ranges = trace.ranges[trace.ranges.end_ns > trace.ranges.start_ns]
    on_gpu = np.array([device.kind == "gpu" for device in trace.devices], dtype=np.bool_)[trace.work.device]
    chosen = on_gpu & launched.known
    if scope.window is not None:
        chosen &= scope.window.meets(trace.work.start_ns, trace.work.end_ns)
    without = chosen & ~launch_order(trace).owned(ranges)
    if not len(ranges) or not without.any():
        return Unowned()
    process, thread, count = _busiest_thread(trace, launched, np.flatnonzero(without))
    return Unowned(int(without.sum()), int(chosen.sum()), count, _called(trace, process, thread))


def _busiest_thread(trace: Trace, launched: Launches, rows: np.ndarray) -> tuple[int, int, int]:
    """Process and thread that launched most of these rows of work, and how many."""
    owners = np.stack((trace.work.process[rows].astype(np.int64), launched.thread[rows]))
    distinct, count = np.unique(owners, axis=1, return_counts=True)
    most = int(np.argmax(count))
    return int(distinct[0, most]), int(distinct[1, most]), int(count[most])


def _called(trace: Trace, process: int, thread: int) -> str:
    names = trace.processes[process].thread_names if process != MISSING else {}
    return names.get(thread) or (f"thread {thread}" if thread != MISSING else "")
