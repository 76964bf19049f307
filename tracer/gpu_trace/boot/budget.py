"""How many events may still be recorded? torch does not count them while it records, so the process's growth is asked.

A process grows by its own memory too, so growth alone never ends a recording: it makes the recorder save what it has,
which can be counted, and go on. For a moment nothing is recorded then, so that is done only where there can be enough
events for it: each takes memory, and each took the host some time.
"""

from __future__ import annotations

import os
import time

_LEAST_BYTES = 200
"""of memory that an event takes; with all operators it is twice as much"""
_LEAST_NS = 2_000
"""of a processor, for an event: a launch and its kernel take 6 us without a profiler on a fast host"""
_MOST_BYTES, _MOST_NS = 1 << 30, 60 * 10**9
"""between two countings, however often the memory turned out to be the script's own"""
_NEARLY_SPENT = 20
"""A twentieth of the budget is not worth another part."""


class Budget:
    """Counts down."""

    def __init__(self, events: int) -> None:
        self.events = self._left = events
        self._patience = 1
        self.begin()

    def may_be_spent(self) -> bool:
        """Whether so much memory and time went since the last counting that what was left may have been recorded."""
        grown = _resident_bytes() - self._resident_bytes
        took_ns = time.process_time_ns() - self._process_ns
        wanted = self._left * self._patience
        return grown > min(wanted * _LEAST_BYTES, _MOST_BYTES) and took_ns > min(wanted * _LEAST_NS, _MOST_NS)

    def spend(self, events: int) -> bool:
        """Take off what was counted; whether the budget is spent."""
        self._patience = 1 if events * 10 > self._left else 2 * self._patience
        self._left -= events
        self.begin()
        return self._left * _NEARLY_SPENT < self.events

    def begin(self) -> None:
        """What went until now was not for events, or was counted."""
        self._resident_bytes, self._process_ns = _resident_bytes(), time.process_time_ns()


def _resident_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
