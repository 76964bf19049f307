"""Looks after a recording in a thread, until its block ends."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ..boot import background
from ..boot.fork_warning import OurThreads

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    _Result = TypeVar("_Result")

_PATIENCE_S = 1.0


class Watching:
    """Calls functions again and again, in threads that ``threading`` does not list and samples of stacks leave out."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._ended: list[threading.Event] = []

    def repeat(self, look: Callable[[], float], after_s: float) -> None:
        """Call ``look`` as `background.repeat` does, until all ends at most."""
        ended = threading.Event()

        def look_once() -> float:
            left_s = -1.0 if self._over.is_set() else look()
            if left_s < 0:
                ended.set()
            return left_s

        background.repeat_in_python(look_once, after_s, self._over.wait)
        self._ended.append(ended)

    def end(self) -> None:
        """Call none of them any more."""
        self._over.set()
        for ended in self._ended:
            ended.wait(_PATIENCE_S)


class Uncounted(OurThreads):
    """Keeps no warning of ``os.fork`` back: a notebook's process has threads of others anyway."""

    def __init__(self) -> None:
        """Unlike that of a script's process, it registers nothing for forks."""

    def counted(self, action: Callable[[], _Result]) -> _Result:
        """Do something."""
        return action()
