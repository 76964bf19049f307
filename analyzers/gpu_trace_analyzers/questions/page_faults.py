"""How many page faults of unified memory were there?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING
from ..vocabulary.counters import CPU_FAULTS, GPU_FAULTS
from .once import once

if TYPE_CHECKING:
    from ..model import Counters, Trace
    from .scope import Scope, Window


@dataclass(frozen=True, slots=True)
class PageFaults:
    """Those that one process had on one GPU, or on its host."""

    device: int
    """position in ``Trace.devices``; `MISSING` for the host"""
    label: str
    """of the device; empty for the host"""
    pid: int
    faults: int


@once
def page_faults(scope: Scope) -> tuple[PageFaults, ...]:
    """The faults in the window that was asked for, of GPUs first; empty where none were recorded."""
    trace, counters = scope.trace, scope.trace.counters
    wanted = [code for code in np.unique(counters.name).tolist() if trace.text(code) in (GPU_FAULTS, CPU_FAULTS)]
    counters = counters[np.isin(counters.name, wanted)]
    owners = set(zip(counters.device.tolist(), counters.process.tolist(), strict=True))
    found = []
    for device, process in sorted(owners, key=lambda owner: (owner[0] == MISSING, *owner)):
        own = counters[(counters.device == device) & (counters.process == process)]
        label = trace.devices[device].label if device != MISSING else ""
        found.append(PageFaults(device, label, _pid(trace, process), _faults(own, scope.window)))
    return tuple(row for row in found if row.faults)


def _pid(trace: Trace, process: int) -> int:
    return trace.processes[process].pid if process != MISSING else MISSING


def _faults(own: Counters, window: Window | None) -> int:
    """What a counter of all faults grew by."""
    if window is None:
        return int(own.value.max())
    until, before = (int(own.value[own.start_ns < edge].max(initial=0)) for edge in (window.end_ns, window.start_ns))
    return until - before
