"""What would each change of a run save, alone?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .answer import Remedy
from .expected import as_expected, as_recorded, expected_plan
from .memory import extra_bytes
from .remedies.every import every
from .remedies.moves import moves

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .answer import WhatIf
    from .modeled import Modeled
    from .remedies.change import Change
    from .schedule import Plan, Times

_STREAMS = ("side_stream_h2d", "side_stream_d2h", "side_stream_p2p")
CONTAINS = {"side_streams": _STREAMS, "by_dependencies": (*_STREAMS, "side_streams", "no_synchronize")}
"""Changes that contain others."""
LEAST_GAIN = 0.005
"""The part of the time that a remedy must save to be told."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What changes save."""

    remedies: tuple[Remedy, ...]
    """those that save anything, the largest gain first"""
    vain: tuple[str, ...]
    """causes of losses that changes would end, and save next to nothing"""


def prices(before: WhatIf, model: Modeled, ends: Sequence[Modeled]) -> Prices:
    """What each change of a run saves, alone. ``ends``: the views at the two ends of what is not certain.

    A gain is the difference of two times of the model, in which its bias cancels.
    """
    recorded = as_recorded(model)
    times = {name: (change, _times(model, change.plan)) for name, change in every(model).items()}
    least_ns = LEAST_GAIN * recorded.total_ns
    worth = {name: each for name, each in times.items() if recorded.total_ns - each[1].total_ns >= least_ns}
    other = [(as_recorded(end).total_ns, end, every(end)) for end in ends] if worth else []
    found = []
    for name, (change, planned) in worth.items():
        gain_ns = recorded.total_ns - planned.total_ns
        likely = [base_ns - _times(end, changes[name].plan).total_ns for base_ns, end, changes in other]
        error_ns = _error_ns(before, recorded.total_ns, [gain_ns, *likely])
        if gain_ns >= error_ns:
            held = extra_bytes(model.known.contents, recorded, planned)
            found.append(_remedy(model, change, planned.total_ns, gain_ns, error_ns, held))
    told = tuple(sorted(_simplest(found), key=lambda remedy: (-remedy.gain_ns, remedy.id)))
    worth_it = {"", *(change.cause for change, _ in worth.values())}
    return Prices(told, tuple(sorted({change.cause for change, _ in times.values()} - worth_it)))


def _times(model: Modeled, plan: Plan) -> Times:
    return as_expected(model) if plan is expected_plan(model) else model.times(plan)


def _simplest(found: Sequence[Remedy]) -> Sequence[Remedy]:
    """Without changes that save no more than one does which they contain."""
    kept: list[Remedy] = []
    for each in sorted(found, key=lambda remedy: len(CONTAINS.get(remedy.id, ()))):
        parts = CONTAINS.get(each.id, ())
        simpler_ns = [other.gain_ns for other in kept if other.id in parts]
        if not simpler_ns or each.gain_ns - each.error_ns > max(simpler_ns):
            kept.append(each)
    return kept


def _error_ns(before: WhatIf, modeled_ns: int, gains_ns: Sequence[int]) -> int:
    """Half of the interval between the views, and by how much the model misses the recorded time and the clock."""
    clock_ns = modeled_ns if before.unrecorded_ns is None else before.unrecorded_ns
    misses_ns = abs(before.replay_ns - before.recorded_ns) + abs(clock_ns - modeled_ns)
    return (max(gains_ns) - min(gains_ns) + 1) // 2 + misses_ns


def _remedy(model: Modeled, change: Change, predicted_ns: int, gain_ns: int, error_ns: int, held: int) -> Remedy:
    return Remedy(
        id=change.id,
        cause=change.cause,
        text=change.text,
        predicted_ns=predicted_ns,
        gain_ns=gain_ns,
        error_ns=error_ns,
        extra_bytes=held,
        moves=() if change.moved is None else moves(model.part, change.moved, model.needs),
    )
