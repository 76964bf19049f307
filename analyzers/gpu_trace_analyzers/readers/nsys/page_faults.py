"""Page faults of unified memory, as counters: how many there were until each instant."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...model import MISSING, Counters
from ...vocabulary.counters import CPU_FAULTS, FAULTS, GPU_FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...model import Int64
    from ..base.building import TraceBuilder
    from .tables import Tables

TABLES = ("CUDA_UM_GPU_PAGE_FAULT_EVENTS", "CUDA_UM_CPU_PAGE_FAULT_EVENTS")
"""A row of the first stands for as many faults as it says, one of the second for one."""


class Places(NamedTuple):
    """Where a row belongs, by the numbers that the export has for it."""

    devices: Callable[[Int64, Int64], Int64]
    processes: Callable[[Int64], Int64]


def add_page_faults(tables: Tables, builder: TraceBuilder, places: Places) -> None:
    """Count the faults of each GPU and process, and of the host of each process."""
    of_gpus, of_hosts = TABLES
    found = tables.numbers(of_gpus, "start", "deviceId", "globalPid", "numberOfPageFaults")
    if found:
        device = places.devices(np.maximum(found["deviceId"], 0), found["globalPid"])
        _add(builder, GPU_FAULTS, found["start"], device, places.processes(found["globalPid"]), _at_least_one(found))
    found = tables.numbers(of_hosts, "start", "globalPid")
    if found:
        rows = len(found["start"])
        process = places.processes(found["globalPid"])
        _add(builder, CPU_FAULTS, found["start"], np.full(rows, MISSING), process, np.ones(rows, dtype=np.int64))


def _at_least_one(found: dict[str, Int64]) -> Int64:
    """How many faults each row stands for; older exports do not say, and have one row for each."""
    return np.where(found["numberOfPageFaults"] == MISSING, 1, found["numberOfPageFaults"])


def _add(builder: TraceBuilder, name: str, at_ns: Int64, device: Int64, process: Int64, faults: Int64) -> None:
    has = at_ns != MISSING
    builder.dropped["no start"] += int((~has).sum())
    at_ns, device, process, faults = (column[has] for column in (at_ns, device, process, faults))
    order = np.lexsort((at_ns, process, device))
    at_ns, device, process = at_ns[order], device[order], process[order]
    total = np.cumsum(faults[order])
    first = np.flatnonzero(np.r_[True, (np.diff(device) != 0) | (np.diff(process) != 0)][: len(total)])
    before = np.repeat(total[first] - faults[order][first], np.diff(np.r_[first, len(total)]))
    builder.add(
        Counters,
        start_ns=at_ns,
        end_ns=at_ns,
        name=np.full(len(at_ns), builder.strings[name]),
        unit=np.full(len(at_ns), builder.strings[FAULTS]),
        value=total - before,
        device=device,
        process=process,
    )
