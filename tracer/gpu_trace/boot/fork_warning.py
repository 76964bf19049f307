"""Keeps Python 3.12 and later from warning of ``os.fork`` in a process whose other threads are all gpu-trace's."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import warnings
    from collections.abc import Callable
    from typing import TypeVar

    _Result = TypeVar("_Result")

_WARNS_SINCE = (3, 12)
_MESSAGE = "This process .* is multi-threaded, use of fork"


class OurThreads:
    """Counts the threads that recording adds: gpu-trace's, and Kineto's."""

    def __init__(self) -> None:
        self._count = 0
        self._held: warnings.catch_warnings[list[warnings.WarningMessage]] | None = None
        self._caught: list[warnings.WarningMessage] | None = None
        self._ignored: object = None
        if sys.version_info >= _WARNS_SINCE:
            os.register_at_fork(before=self._hold, after_in_parent=self._release, after_in_child=self._forget)

    def counted(self, action: Callable[[], _Result]) -> _Result:
        """Do something, and count the threads that there are more after it."""
        before = _threads()
        try:
            return action()
        finally:
            self._count += max(0, _threads() - before)

    def _hold(self) -> None:
        """Keep what is said from now on; until Python 3.12 it counts and warns before the parent's hooks."""
        if self._count:
            module = __import__("warnings")
            if self._ignored in module.filters:
                module.filters.remove(self._ignored)
                module._filters_mutated()
            self._held = module.catch_warnings(record=True)
            self._caught = self._held.__enter__()

    def _release(self) -> None:
        """Only now it is known whether there are threads of others: libraries end theirs before a fork."""
        if self._held is None:
            return
        caught, module = self._forget(), sys.modules["warnings"]
        if _threads() - self._count <= 1:
            # From Python 3.13 on it warns after the hooks. The filter stays until the next fork.
            module.filterwarnings("ignore", _MESSAGE, DeprecationWarning)
            self._ignored = module.filters[0]
            return
        for said in caught:
            module.showwarning(said.message, said.category, said.filename, said.lineno, said.file, said.line)

    def _forget(self) -> list[warnings.WarningMessage]:
        held, caught = self._held, self._caught
        self._held, self._caught = None, None
        if held is not None:
            held.__exit__(None, None, None)
        return caught or []


def _threads() -> int:
    return len(os.listdir("/proc/self/task"))
