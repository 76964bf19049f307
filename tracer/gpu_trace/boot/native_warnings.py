"""Keeps torch's C++ code from warning, once an event, of rows that it does not know (``Unknown activity type``)."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

_ERROR = 2
"""c10's severity; its warnings are 1."""


class Silenced:
    """Between entering and leaving, warnings of C++ code are not printed. Other threads' warnings are not either."""

    def __init__(self) -> None:
        self._level = _level()
        self._before = self._level.value if self._level else 0

    def __enter__(self) -> None:
        if self._level:
            self._level.value = max(self._before, _ERROR)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._level:
            self._level.value = self._before


def _level() -> Any:
    """The variable in which c10 keeps the least severity that it prints; None in a build that has no such variable."""
    ctypes, torch = sys.modules.get("ctypes"), sys.modules.get("torch")
    folder = os.path.dirname(getattr(torch, "__file__", None) or "")  # pathlib may not be loaded here
    try:
        return ctypes.c_int.in_dll(ctypes.CDLL(f"{folder}/lib/libc10.so"), "FLAGS_caffe2_log_level") if ctypes else None
    except (OSError, ValueError):
        return None
