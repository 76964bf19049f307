"""How many events may still be recorded? torch does not count them while it records, so the process's growth is asked.

A process grows by its own memory too, so growth alone never ends a recording: it makes the recorder save what it has,
which can be counted, and go on. For a moment nothing is recorded then, so that is done only where there can be enough
events for it: each takes memory, and each took the host some time.
"""

from __future__ import annotations

import os
import time

_LEAST_BYTES = {"gpu": 200, "ops": 200, "full": 400}
"""of memory that an event takes, by level: 214 and 450 were measured of operators on a CPU, 300 of kernels"""
_LEAST_NS = 800
"""of a processor, for an event: 850 were measured of the smallest operators; a launch and its kernel take 9000"""
_USUAL_NS = 10_000
"""of the clock, for an event: 10 s for a million, in which a script has allocated what it needs to begin with"""
_MOST_BYTES, _MOST_NS = 1 << 30, 60 * 10**9
"""between two countings, however often the memory turned out to be the script's own"""
_NEARLY_SPENT = 20
"""A twentieth of the budget is not worth another part."""


class Budget:
    """Counts down."""

    def __init__(self, events: int, level: str) -> None:
        self.events = self._left = events
        self._event_bytes = _LEAST_BYTES[level]
        self._patience = 1
        self.begin()

    def may_be_spent(self) -> bool:
        """Whether so much memory and time went since the last counting that what was left may have been recorded."""
        grown = _resident_bytes() - self._resident_bytes
        took_ns = time.process_time_ns() - self._process_ns
        may_be = grown > self._enough(self._event_bytes, _MOST_BYTES) and took_ns > self._enough(_LEAST_NS, _MOST_NS)
        return may_be and (grown > _MOST_BYTES or time.monotonic_ns() - self._monotonic_ns > self._left * _USUAL_NS)

    def _enough(self, each: int, most: int) -> int:
        """What the rest of the budget takes; after countings in vain a multiple of it, within reason."""
        return min(self._left * each * self._patience, max(self._left * each, most))

    def spend(self, events: int) -> bool:
        """Take off what was counted; whether the budget is spent."""
        self._patience = 1 if events * 10 > self._left else 2 * self._patience
        self._left -= events
        self.begin()
        return self._left * _NEARLY_SPENT < self.events

    def begin(self) -> None:
        """What went until now was not for events, or was counted."""
        self._resident_bytes, self._process_ns = _resident_bytes(), time.process_time_ns()
        self._monotonic_ns = time.monotonic_ns()


def _resident_bytes() -> int:
    with open("/proc/self/statm", encoding="utf-8") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
