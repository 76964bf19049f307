"""Memory that was freed: the C library keeps it for what comes next, or gives it back to the system."""

from __future__ import annotations

import ctypes
from contextlib import suppress

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""of mallopt"""
_NEVER = 1 << 30
"""bytes"""


def keep_freed() -> None:
    """Use again what was freed, in all threads, until it is asked back: each new page costs microseconds.

    For a process of our own alone, because that cannot be taken back.
    """
    with suppress(AttributeError, OSError):  # glibc's own
        library = ctypes.CDLL(None)
        library.mallopt(_ARENA_MAX, 1)
        library.mallopt(_TRIM_THRESHOLD, _NEVER)
        library.mallopt(_MMAP_THRESHOLD, _NEVER)


def give_back_freed() -> None:
    """Give it back, where the C library can: a fork would have its pages too."""
    with suppress(AttributeError, OSError):  # glibc's own
        ctypes.CDLL(None).malloc_trim(0)
