"""The stack sampler: a C library, and a thread of this process that it starts."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

PERIOD_NS = 10_000_000
"""100 samples a second of each thread"""
SHARE = 0.015
"""of one processor, at most: the sampler lengthens its period where that does not suffice"""


class Sampler:
    """Samples every process that has notes in a folder, from `begin` to `end`."""

    def __init__(self, path: Path) -> None:
        """Raises OSError for a library that was built for another machine."""
        self._library = ctypes.CDLL(str(path))

    def begin(self, folder: Path, period_ns: int = PERIOD_NS, share: float = SHARE) -> None:
        """Start to sample. Raises OSError where there can be no thread for it."""
        arguments = os.fsencode(folder), ctypes.c_int64(period_ns), ctypes.c_double(share)
        _check(self._library.gpu_trace_stacks_begin(*arguments))

    def end(self) -> None:
        """Stop, and have everything on disk."""
        self._library.gpu_trace_stacks_end()

    def sample_once(self, folder: Path, pid: int) -> None:
        """Sample a process once; it may be this one. Raises OSError where that cannot be done."""
        _check(self._library.gpu_trace_stacks_once(os.fsencode(folder), pid))


def built_sampler() -> Path | None:
    """The library; None where it was installed without a C compiler."""
    path = Path(__file__).with_name("_sampler.so")
    return path if path.exists() else None


def _check(error: int) -> None:
    if error:
        raise OSError(error, os.strerror(error))
