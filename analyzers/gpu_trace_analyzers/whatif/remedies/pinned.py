"""Pin the memory of the host that copies read and write, and let the host go on meanwhile."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ...model import Engine, Memory
from ..contention.factors import contention
from .change import Change
from .waits import without

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ...model import Int64
    from ..modeled import Modeled


def pinned(model: Modeled) -> Iterator[Change]:
    """Copies of pageable memory at the rate of pinned memory; the host waits for none to the device.

    Only where that rate is known, from the table of the device's model.
    """
    work = model.part.trace.work[model.part.rows]
    pageable = (work.source == Memory.PAGEABLE) | (work.target == Memory.PAGEABLE)
    pageable &= np.isin(work.engine, [int(Engine.COPY_H2D), int(Engine.COPY_D2H)])
    if not pageable.any():
        return
    duration_ns = model.recorded.duration_ns.copy()
    duration_ns[pageable] = _pinned_ns(model, pageable)
    if (duration_ns[pageable] <= 0).any():
        return
    sent = np.flatnonzero(pageable & (work.engine == Engine.COPY_H2D)).tolist()
    host = model.recorded.host.waiting_for(without(model.recorded.host, sent))
    text = "pin the memory of the host (pin_memory=True), and copy with non_blocking=True"
    yield Change("pinned", "pageable", text, replace(model.recorded, duration_ns=duration_ns, host=host))


def _pinned_ns(model: Modeled, pageable: NDArray[np.bool_]) -> Int64:
    """How long the copies take with pinned memory: (pageable,) int64; 0 where that is not known."""
    part = model.part
    rows = part.rows[pageable]
    found = np.zeros(len(rows), np.int64)
    for device in np.unique(part.trace.work.device[rows]).tolist():
        known = contention(part.trace, device)
        for direction in (Engine.COPY_H2D, Engine.COPY_D2H):
            own = (part.trace.work.device[rows] == device) & (part.trace.work.engine[rows] == direction)
            if own.any() and (ns := known.copy_ns(direction, part.trace.work.size[rows[own]])) is not None:
                found[own] = np.rint(ns[1]).astype(np.int64)
    return found
