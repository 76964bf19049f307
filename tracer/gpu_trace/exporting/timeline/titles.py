"""What the tracks of a device are called, and in which order they stand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gpu_trace_analyzers.model import BUS_COPIES, Engine
from gpu_trace_analyzers.vocabulary.perfetto import ACCOUNT, CRITICAL, EXPOSED, LANES, PREDICTED, titled

if TYPE_CHECKING:
    from gpu_trace_analyzers.model import Trace

RANKS = {engine: 20 + engine for engine in Engine} | {Engine.COMPUTE: 10, Engine.COLLECTIVE: 29}
CRITICAL_RANK = 30
"""Below all that was recorded of engines."""
PREDICTED_RANKS = {engine: 31 + place for place, engine in enumerate(sorted(RANKS, key=RANKS.__getitem__))}
FINDINGS_RANK, ACCOUNT_RANK = 1, 2
"""On top: what was lost, then where all time went."""
EXPOSED_RANK = 15
"""Between what computed and what copied: it is what the one leaves of the other."""

_ENGINES = (LANES[Engine.COMPUTE], EXPOSED, *(LANES[engine] for engine in BUS_COPIES), LANES[Engine.COLLECTIVE])
PINNED = (ACCOUNT, *_ENGINES)
"""What answers the question at a glance."""
PINNED_PREDICTED = (CRITICAL, *(f"{PREDICTED}{LANES[engine]}" for engine in (Engine.COMPUTE, *BUS_COPIES)))
"""The same of what is predicted."""


def lane_title(trace: Trace, device: int, title: str) -> str:
    """What a track of a device is called: one that is pinned has nothing else that says whose it is."""
    if len(trace.devices) < 2:
        return title
    whose = trace.devices[device]
    return titled(replace(whose, name="").label, title)
