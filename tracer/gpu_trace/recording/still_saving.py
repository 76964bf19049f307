"""Waits for processes that the script left while they save, as those do that end with it by a signal."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from ..boot.contract import process_of
from . import notes

if TYPE_CHECKING:
    from collections.abc import Callable

_LOOK_EVERY_S = 0.05
_TELL_AFTER_S = 1.0
_PATIENCE_S = 60.0


def wait(raw: Path, tell: Callable[[], None]) -> None:
    """Return once no living process is saving what it recorded, or after a minute; ``tell`` is called after a second.

    One that only runs on, as a daemon, is not waited for.
    """
    began, told = time.monotonic(), False
    while any(_is_saving(raw, pid) for pid in _known(raw)):
        waited_s = time.monotonic() - began
        if waited_s > _PATIENCE_S:
            return
        if waited_s > _TELL_AFTER_S and not told:
            tell()
            told = True
        time.sleep(_LOOK_EVERY_S)


def _known(raw: Path) -> set[int]:
    """The processes that left notes."""
    return {pid for path in raw.glob("notes-*") if (pid := process_of(path.name)) is not None}


def _is_saving(raw: Path, pid: int) -> bool:
    return notes.read(raw, pid).is_saving and _lives(pid)


def _lives(pid: int) -> bool:
    """Whether a process has not ended; one whose parent does not wait for it is a zombie then."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"
