"""Python 3.12 and later warn of ``os.fork`` in a process of several threads: not of one whose others are all ours."""

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


class OurThreads:
    """Counts the threads that recording adds: our own, and Kineto's."""

    def __init__(self) -> None:
        self._count = 0
        self._held: warnings.catch_warnings[list[warnings.WarningMessage]] | None = None
        self._caught: list[warnings.WarningMessage] = []
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
        """Python counts after the fork, before it tells anybody; libraries may have ended their threads by then."""
        module = sys.modules.get("warnings")
        if module is not None and self._count:
            self._held = module.catch_warnings(record=True)
            self._caught = self._held.__enter__() or []

    def _release(self) -> None:
        caught = self._forget()
        for warning in caught if _threads() - self._count > 1 else ():
            sys.modules["warnings"].showwarning(
                warning.message, warning.category, warning.filename, warning.lineno, warning.file, warning.line
            )

    def _forget(self) -> list[warnings.WarningMessage]:
        held, caught = self._held, self._caught
        self._held, self._caught = None, []
        if held is not None:
            held.__exit__(None, None, None)
        return caught


def _threads() -> int:
    return len(os.listdir("/proc/self/task"))
