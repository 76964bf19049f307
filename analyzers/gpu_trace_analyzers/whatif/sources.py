"""From where is it known by how much operations slow each other down, where they run beside each other?"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from ..intervals import Intervals
from ..model import Engine
from .contention.factors import contention
from .contention.origins import Origin
from .servers import OWN_SERVERS, server_of

if TYPE_CHECKING:
    from ..model import Int64
    from .schedule import Times
    from .window import Part

_LEAST = 0.01
"""The part of the time beside each other that a source must be of to be told."""


def sources(part: Part, engine: Int64, times: Times) -> tuple[str, ...]:
    """In words, the one for the most time beside each other first. ``engine`` is the server of each operation: (n,)."""
    ns: Counter[str] = Counter()
    device_of = part.trace.work.device[part.rows]
    for device in np.unique(device_of).tolist():
        own, known = np.flatnonzero(device_of == device), contention(part.trace, device, part.observed)
        for kind in (Engine.COMPUTE, *OWN_SERVERS):
            beside_ns = _beside_ns(times, engine, server_of(device, kind))[own]
            if beside_ns.any():
                origin = known.slowdown(part.rows[own], kind).origin
                ns.update({known.origin(each): int(beside_ns[origin == each].sum()) for each in Origin})
    return tuple(word for word, each_ns in ns.most_common() if each_ns > _LEAST * ns.total())


def _beside_ns(times: Times, engine: Int64, server: int) -> Int64:
    """How long each operation runs while a server that is not its own works: (n,)."""
    busy = Intervals.of(times.start_ns[engine == server], times.end_ns[engine == server])
    return np.where(engine == server, 0, busy.covered_ns(times.start_ns, times.end_ns))
