"""Looks after a recording in a thread, until its block ends."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ..boot.fork_warning import OurThreads

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    _Result = TypeVar("_Result")

_PATIENCE_S = 1.0


class Watching:
    """Calls functions again and again."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    def repeat(self, look: Callable[[], float]) -> None:
        """Call ``look`` until it returns less than 0, or all ends; else that is after how many seconds again."""
        thread = threading.Thread(target=self._repeat, args=(look,), name="gpu-trace", daemon=True)
        thread.start()
        self._threads.append(thread)

    def _repeat(self, look: Callable[[], float]) -> None:
        while (left_s := look()) >= 0:
            if self._over.wait(left_s):
                return

    def end(self) -> None:
        """Call none of them any more."""
        self._over.set()
        for thread in self._threads:
            thread.join(_PATIENCE_S)


class Uncounted(OurThreads):
    """Keeps no warning of ``os.fork`` back: a notebook's process has threads of others anyway."""

    def __init__(self) -> None:
        """Unlike that of a script's process, it registers nothing for forks."""

    def counted(self, action: Callable[[], _Result]) -> _Result:
        """Do something."""
        return action()
