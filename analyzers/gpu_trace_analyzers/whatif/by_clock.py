"""What does the time by the clock say? Which hosts it rules out, and how much slower recorded operations were.

A host is ruled out if the model does not give back the clock with it. Operations of devices took longer when they were
recorded, if even the fastest host gives more than the clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .expected import as_recorded
from .modeled import modeled

if TYPE_CHECKING:
    from ..dependencies.edges import Dependencies
    from .doubts import Belief
    from .modeled import Modeled
    from .window import Part

MODEL_ERROR = 0.01
"""How far the time of a schedule is from the clock beside all that is in doubt: 0.9 % at most, of pairs on an H200."""
CLOCK = 0.05
"""The part of the time by the clock by which the model may miss it."""
_BETWEEN_RUNS = 0.005
"""The part of their time by which operations differ from process to process."""
_HALVINGS = 5


def device_share(fastest: Modeled, unrecorded_ns: int | None) -> float:
    """The part of their recorded time which operations take when nothing records them, at most 1.

    A clock that is too far off is of another run, and says nothing of them.
    """
    share = 1.0 if unrecorded_ns is None else unrecorded_ns / max(1, as_recorded(fastest).total_ns)
    return share if 1 - CLOCK <= share < 1 - _BETWEEN_RUNS else 1.0


def within_clock(part: Part, known: Dependencies, likely: Belief, end: Belief, unrecorded_ns: int | None) -> Modeled:
    """The view of an end of what is in doubt; where the clock rules its host out, one between that and the likely one.

    Contention is that of the end: it changes little of the recorded order, so the clock says little of it.
    """
    view = modeled(part, known, end)
    if unrecorded_ns is None:
        return view
    past = 1 if as_recorded(view).total_ns > unrecorded_ns else -1
    at_most_ns = past * unrecorded_ns + MODEL_ERROR * unrecorded_ns
    allowed, ruled_out = 0.0, 1.0
    if past * as_recorded(view).total_ns <= at_most_ns:
        return view
    for _ in range(_HALVINGS):
        share = (allowed + ruled_out) / 2
        tried = modeled(part, known, end.nearer(likely, share))
        if past * as_recorded(tried).total_ns <= at_most_ns:
            allowed = share
        else:
            ruled_out = share
    return modeled(part, known, end.nearer(likely, allowed))
