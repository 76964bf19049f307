"""The clock without recording: the steps behind those that were recorded, as many at a time, between idle devices."""

from __future__ import annotations

import time

from . import captures, devices
from .contract import UNRECORDED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .notes import Notes

_TIMES = 5
_PATIENCE_S = 10.0


class UnrecordedSteps:
    """Begins at a step's end at which the devices have been waited for: that of the recording."""

    def __init__(self, steps: int, notes: Notes) -> None:
        self._steps = steps
        self._notes = notes
        self._left = _TIMES
        self._begin()

    def _begin(self) -> None:
        self._ended = 0
        self._began_ns = time.monotonic_ns()

    def step(self) -> None:
        """A step has ended."""
        self._ended += 1
        if self._left and self._ended == self._steps:
            self._left -= 1
            self._note()
            self._begin()

    def _note(self) -> None:
        """A capture could not be waited for; then there are no more."""
        if captures.under_way() or not devices.synchronized_within(_PATIENCE_S):
            self._left = 0
        else:
            self._notes.write(UNRECORDED, self._steps, time.monotonic_ns() - self._began_ns)
