"""A trace that has several ranks, as a trace of each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...model import MISSING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...model import Trace

    Mask = NDArray[np.bool_]


def each_rank(trace: Trace) -> list[Trace]:
    """A trace of each rank, in order, with what its own processes did; the trace itself, where it has one or none.

    Devices and processes keep their positions, and each trace knows them all.
    """
    of_process = np.array([*(process.rank for process in trace.processes), MISSING])
    ranks = sorted(set(of_process.tolist()) - {MISSING})
    if len(ranks) < 2:
        return [trace]
    return [_of_rank(trace, rank, of_process == rank) for rank in ranks]


def _of_rank(trace: Trace, rank: int, own: Mask) -> Trace:
    """Operations whose process is not known are those of the rank whose device ran them."""
    of_device = np.array([*(device.rank == rank for device in trace.devices), False])
    tables: dict[str, Any] = trace.tables()
    rows = {name: own[table.process] for name, table in tables.items()}
    unknown = trace.work.process == MISSING
    rows["work"] = rows["work"] | (unknown & of_device[trace.work.device])
    kept = {name: table[rows[name]] for name, table in tables.items()}
    processes = tuple(
        process if mine else replace(process, rank=MISSING)
        for process, mine in zip(trace.processes, own.tolist(), strict=False)
    )
    return replace(trace, processes=processes, **kept)
