"""Which engine of a device does each operation occupy, and which operations does it depend on?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..model import Engine
from ..questions.once import once
from .contention.factors import contention

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ..dependencies.edges import Dependencies
    from ..model import Int64
    from .window import Part

OWN_SERVERS = {Engine.COPY_H2D: 1, Engine.COPY_D2H: 2, Engine.COPY_P2P: 3, Engine.COLLECTIVE: 4}
"""Engines that work beside the multiprocessors; all others run on those, as server 0 of their device."""


@once
def engine_of_each(part: Part) -> Int64:
    """A number for the engine of a device that each operation occupies: (n,)."""
    work = part.trace.work[part.rows]
    own = np.array([server_of(0, engine) for engine in Engine])
    return np.asarray(server_of(1, Engine.COMPUTE) * work.device.astype(np.int64) + own[work.engine])


def server_of(device: int, engine: Engine) -> int:
    """The number of one engine of a device, by its position in ``Trace.devices``."""
    return device * (1 + len(OWN_SERVERS)) + OWN_SERVERS.get(engine, 0)


@once
def shares(part: Part) -> NDArray[np.float64]:
    """The part of its engine that each operation fills, in (0, 1]: (n,). Copies and memsets fill theirs."""
    found, device_of = np.ones(len(part.rows)), part.trace.work.device[part.rows]
    for device in np.unique(device_of).tolist():
        own = device_of == device
        found[own] = contention(part.trace, device).share(part.rows[own])
    return np.where(found > 0, found, 1.0)


def before_each(known: Dependencies) -> Sequence[Sequence[int]]:
    """The operations that each one depends on."""
    before: list[list[int]] = [[] for _ in known.rows]
    for first, then in zip(known.edges.before.tolist(), known.edges.after.tolist(), strict=True):
        before[then].append(first)
    return before
