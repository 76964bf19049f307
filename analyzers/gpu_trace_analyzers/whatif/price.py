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
    from .remedies.change import Change
    from .schedule import Times

OF_EVERYTHING = ("by_dependencies", "side_streams")
"""Changes that contain others."""
LEAST_GAIN = 0.005
"""The part of the time that a remedy must save to be told."""


def remedies(before: WhatIf, model: Modeled, ends: Sequence[Modeled]) -> tuple[Remedy, ...]:
    """Those that save anything, the largest gain first. ``ends``: the views at the two ends of what is not certain."""
    recorded, least_ns = model.times(model.recorded), LEAST_GAIN * before.before_ns
    times = {name: (change, model.times(change.plan)) for name, change in every(model).items()}
    worth = {name: each for name, each in times.items() if before.before_ns - each[1].total_ns >= least_ns}
    other = [every(end) for end in ends] if worth else []
    found = []
    for name, (change, planned) in worth.items():
        likely = [end.times(changes[name].plan).total_ns for end, changes in zip(ends, other, strict=True)]
        error_ns = _error_ns(before, [planned.total_ns, *likely])
        if before.before_ns - planned.total_ns >= error_ns:
            held = extra_bytes(model.known.contents, recorded, planned)
            found.append(_remedy(before, change, planned, error_ns, held))
    return tuple(sorted(_simplest(found), key=lambda remedy: (-remedy.gain_ns, remedy.id)))


def _simplest(found: Sequence[Remedy]) -> Sequence[Remedy]:
    """Without changes of everything that save no more than a change of one thing does."""
    single_ns = max((each.gain_ns - each.error_ns for each in found if each.id not in OF_EVERYTHING), default=0)
    return [each for each in found if each.id not in OF_EVERYTHING or each.gain_ns - 2 * each.error_ns > single_ns]


def _error_ns(before: WhatIf, likely: Sequence[int]) -> int:
    """Half of the interval between the views, and by how much the replay misses the recorded time."""
    return (max(likely) - min(likely) + 1) // 2 + abs(before.replay_ns - before.recorded_ns)


def _remedy(before: WhatIf, change: Change, planned: Times, error_ns: int, held: int) -> Remedy:
    return Remedy(
        id=change.id,
        cause=change.cause,
        text=change.text,
        predicted_ns=planned.total_ns,
        gain_ns=before.before_ns - planned.total_ns,
        error_ns=error_ns,
        extra_bytes=held,
        moves=change.moves,
    )
