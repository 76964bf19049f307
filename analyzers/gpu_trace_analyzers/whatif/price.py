"""What would each change of a run save, alone?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .answer import Remedy
from .memory import extra_bytes
from .remedies.every import every

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .answer import WhatIf
    from .modeled import Modeled

LEAST_GAIN = 0.005
"""The part of the time that a remedy must save to be told."""


def remedies(before: WhatIf, model: Modeled, ends: Sequence[Modeled]) -> tuple[Remedy, ...]:
    """Those that save anything, the largest gain first. ``ends``: the views at the two ends of what is not certain."""
    misfit_ns, recorded = abs(before.replay_ns - before.recorded_ns), model.times(model.recorded)
    changes, other = every(model), [every(end) for end in ends]
    found = []
    for name, change in changes.items():
        times = model.times(change.plan)
        likely = [times.total_ns, *(end.times(each[name].plan).total_ns for end, each in zip(ends, other, strict=True))]
        gain_ns = before.before_ns - times.total_ns
        error_ns = (max(likely) - min(likely) + 1) // 2 + misfit_ns
        if gain_ns < max(error_ns, LEAST_GAIN * before.before_ns):
            continue
        held = extra_bytes(model.known.contents, (recorded.start_ns, recorded.end_ns), (times.start_ns, times.end_ns))
        remedy = Remedy(change.id, change.cause, change.text, times.total_ns, gain_ns, error_ns, held, change.moves)
        found.append(remedy)
    return tuple(sorted(found, key=lambda remedy: (-remedy.gain_ns, remedy.id)))
