"""The rank of a trace that does not know it: the name of its file says it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .columns import MISSING

if TYPE_CHECKING:
    from .model import Trace


def with_rank(trace: Trace, rank: int) -> Trace:
    """The trace as that of a rank, unless it knows its rank itself."""
    if rank == MISSING or any(process.rank != MISSING for process in trace.processes):
        return trace
    return replace(
        trace,
        devices=tuple(replace(device, rank=rank) for device in trace.devices),
        processes=tuple(replace(process, rank=rank) for process in trace.processes),
    )
