"""The same work under its true data dependencies: one server for compute, one for copies of each direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..model import Engine
from .host import host_program
from .pace import pace
from .replay import backlog, durations
from .schedule import Plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..dependencies.edges import Dependencies
    from ..model import Int64
    from .window import Part

_OWN = {Engine.COPY_H2D: 1, Engine.COPY_D2H: 2, Engine.COPY_P2P: 3, Engine.COLLECTIVE: 4}
"""Engines that work beside the multiprocessors; all others run on those, as server 0 of their device."""


def expected_plan(part: Part, known: Dependencies) -> Plan:
    """Each engine of a device is a server; operations wait for their true dependencies alone."""
    server, found = engine_of_each(part), pace(part)
    return Plan(
        server=server,
        duration_ns=durations(part),
        latency_ns=found.latency_ns,
        gap_ns=found.gap_ns,
        before=before_each(known),
        host=host_program(part, only_results=True),
        free_ns=backlog(part, server),
    )


def engine_of_each(part: Part) -> Int64:
    """A number for the engine of a device that each operation occupies: (n,)."""
    own = np.zeros(len(Engine), np.int64)
    own[list(_OWN)] = list(_OWN.values())
    device = part.trace.work.device[part.rows].astype(np.int64)
    return np.asarray(device * (1 + len(_OWN)) + own[part.trace.work.engine[part.rows]])


def before_each(known: Dependencies) -> Sequence[Sequence[int]]:
    """The operations that each one depends on."""
    before: list[list[int]] = [[] for _ in known.rows]
    for first, then in zip(known.edges.before.tolist(), known.edges.after.tolist(), strict=True):
        before[then].append(first)
    return before
