"""What does the time by the clock say? Which hosts it rules out, and how much slower recorded operations were.

A host is ruled out if the model does not give back the clock with it. Operations of devices took longer when they were
recorded, if even the fastest host gives more than the clock.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .expected import as_recorded
from .modeled import modeled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..dependencies.edges import Dependencies
    from .doubts import Belief
    from .window import Part

MODEL_ERROR = 0.01
"""How far the time of a schedule is from the clock beside all that is in doubt: 0.9 % at most, of pairs on an H200."""
CLOCK = 0.05
"""The part of the time by the clock by which the model may miss it."""
_BETWEEN_RUNS = 0.005
"""The part of their time by which operations differ from process to process."""
_HALVINGS = 5


def device_share(fastest_ns: int, unrecorded_ns: int) -> float:
    """The part of their recorded time which operations take when nothing records them, at most 1.

    ``fastest_ns``: what the model makes of the recorded order with the fastest host. A clock that is too far off is of
    another run, and says nothing of operations.
    """
    share = unrecorded_ns / max(1, fastest_ns)
    return share if 1 - CLOCK <= share < 1 - _BETWEEN_RUNS else 1.0


def by_clock(part: Part, known: Dependencies, views: Sequence[Belief], unrecorded_ns: int) -> list[Belief]:
    """The lowest, the expected and the highest view that the clock allows, with operations as long as it says."""
    device = device_share(_recorded_ns(part, known, views[0]), unrecorded_ns)
    low, likely, high = (replace(belief, device=device) for belief in views)
    is_slow = _recorded_ns(part, known, likely) > unrecorded_ns
    likely = within_clock(part, known, low if is_slow else high, likely, unrecorded_ns)
    low, high = (within_clock(part, known, likely, end, unrecorded_ns) for end in (low, high))
    return [low, likely, high]


def within_clock(part: Part, known: Dependencies, other: Belief, view: Belief, unrecorded_ns: int) -> Belief:
    """A view; where the clock rules its host out, with the first host on the way to another one that it allows.

    Contention stays as it is: it changes little of the recorded order, so the clock says little of it.
    """
    found_ns = _recorded_ns(part, known, view)
    past = 1 if found_ns > unrecorded_ns else -1
    at_most_ns = past * unrecorded_ns + MODEL_ERROR * unrecorded_ns
    if past * found_ns <= at_most_ns:
        return view
    allowed, ruled_out = 0.0, 1.0
    for _ in range(_HALVINGS):
        share = (allowed + ruled_out) / 2
        if past * _recorded_ns(part, known, view.nearer(other, share)) <= at_most_ns:
            allowed = share
        else:
            ruled_out = share
    return view.nearer(other, allowed)


def _recorded_ns(part: Part, known: Dependencies, view: Belief) -> int:
    """What the model makes of the recorded order."""
    return as_recorded(modeled(part, known, view)).total_ns
