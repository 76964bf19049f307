"""What the clock of this machine shows at the begin and at the end of a recording, and how far the kernel trusts it.

All times of a trace are those of CLOCK_REALTIME. CLOCK_MONOTONIC runs at the same rate and is never set, so that their
difference changes exactly when the clock is set. Clocks of several machines are compared by the collectives of their
ranks; where they have none in common, the kernel's own bound is all that is known of how far a clock is off.
"""

from __future__ import annotations

import ctypes
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

_READINGS = 5
"""of which that counts which was read in the shortest time"""
_UNSYNCHRONIZED = 0x40
"""STA_UNSYNC in linux/timex.h: neither NTP nor anything else that tells the kernel so keeps the clock"""
_TOLD_FROM_NS = 1_000_000
"""NTP sets a clock that is far off and slows or hastens it otherwise; what is set by less matters to no figure"""


@dataclass(frozen=True, slots=True)
class ClockReading:
    """CLOCK_REALTIME and CLOCK_MONOTONIC at one instant. The first is exact to ``within_ns``."""

    realtime_ns: int
    monotonic_ns: int
    within_ns: int
    synchronized: bool | None
    """whether something keeps the clock in time, by the kernel; None where it does not say"""
    max_error_ns: int | None
    """by how much it may be off, by the kernel; None where it does not know, as of a clock that nothing keeps"""


class _Timex(ctypes.Structure):
    """The begin of ``struct timex``, and room for its end, which no kernel has filled so far."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 512),
    )


def read() -> ClockReading:
    """Read both clocks, in microseconds."""
    within_ns, realtime_ns, monotonic_ns = min(_both() for _ in range(_READINGS))
    return ClockReading(realtime_ns, monotonic_ns, within_ns, *_trust())


def _both() -> tuple[int, int, int]:
    before_ns = time.monotonic_ns()
    realtime_ns = time.time_ns()
    after_ns = time.monotonic_ns()
    return after_ns - before_ns, realtime_ns, (before_ns + after_ns) // 2


def _trust() -> tuple[bool | None, int | None]:
    """Whether the clock is kept in time, and by how much it may be off."""
    if sys.platform != "linux":
        return None, None
    state = _Timex(modes=0)  # nothing is set
    if ctypes.CDLL(None).adjtimex(ctypes.byref(state)) < 0:  # a sandbox may forbid it
        return None, None
    if state.status & _UNSYNCHRONIZED:
        return False, None
    return True, state.maxerror * 1000


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock over a recording."""

    began: ClockReading
    ended: ClockReading

    @property
    def wall_ns(self) -> int:
        """How long the recording took, whatever became of the clock."""
        return self.ended.monotonic_ns - self.began.monotonic_ns

    @property
    def set_by_ns(self) -> int:
        """By how much it was set forward meanwhile; below zero: back. 0 for what cannot be told from nothing."""
        changed_ns = self.ended.realtime_ns - self.began.realtime_ns - self.wall_ns
        return changed_ns if abs(changed_ns) > self.began.within_ns + self.ended.within_ns else 0

    @property
    def lost(self) -> list[str]:
        """That it was set meanwhile, in a sentence."""
        by_ns = self.set_by_ns
        if abs(by_ns) < _TOLD_FROM_NS:
            return []
        way = "forward" if by_ns > 0 else "back"
        return [f"the order of events: the clock of this machine was set {way} by {abs(by_ns) / 1e9:.3f} s meanwhile"]

    @property
    def in_run_json(self) -> dict[str, Any]:
        """What ``run.json`` has of it."""
        return {**asdict(self), "set_by_ns": self.set_by_ns}
