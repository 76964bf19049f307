"""What the tracks of a device are called, and in which order they stand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gpu_trace_analyzers.model import BUS_COPIES, Engine

if TYPE_CHECKING:
    from gpu_trace_analyzers.model import Trace

TITLES = {
    Engine.COMPUTE: "Compute",
    Engine.COLLECTIVE: "Collectives",
    Engine.COPY_H2D: "Copy host to device",
    Engine.COPY_D2H: "Copy device to host",
    Engine.COPY_P2P: "Copy to peer",
    Engine.COPY_D2D: "Copy inside device",
    Engine.MEMSET: "Memset",
    Engine.UNKNOWN: "Unknown",
}
EXPOSED = "Exposed copy"
RANKS = {engine: 20 + engine for engine in Engine} | {Engine.COMPUTE: 10, Engine.COLLECTIVE: 29}
EXPOSED_RANK = 15
"""Between what computed and what copied: it is what the one leaves of the other."""

PINNED = (TITLES[Engine.COMPUTE], EXPOSED, *(TITLES[engine] for engine in BUS_COPIES), TITLES[Engine.COLLECTIVE])
"""What answers the question at a glance."""


def lane_title(trace: Trace, device: int, title: str) -> str:
    """What a track of a device is called: one that is pinned has nothing else that says whose it is."""
    if len(trace.devices) < 2:
        return title
    whose = trace.devices[device]
    return f"{replace(whose, name='').label} · {title}"
