"""How the script ended, in words."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..boot.contract import EXCEPTION, LEFT

if TYPE_CHECKING:
    from .notes import Notes


@dataclass(frozen=True, slots=True)
class Ending:
    """``code`` as Popen has it: the exit code, or minus the signal; None for a block, whose process goes on."""

    code: int | None
    exception: str = ""
    left_by: str = ""

    @property
    def text(self) -> str:
        """What to say of it: ``ended by SIGTERM``."""
        if self.code is None:
            return f"ended by {self.exception}" if self.exception else "ended"
        if self.code < 0:
            return f"ended by {signal_name(-self.code)}"
        if self.exception:
            return f"ended by {self.exception} (exit code {self.code})"
        by = f" by {self.left_by}" if self.left_by else ""
        return f"ended{by} with exit code {self.code}"


def of(status: int, notes: Notes) -> Ending:
    """The ending of a process with this wait status."""
    return Ending(os.waitstatus_to_exitcode(status), notes.last(EXCEPTION), notes.last(LEFT))


def of_block(notes: Notes) -> Ending:
    """The ending of a block."""
    return Ending(None, notes.last(EXCEPTION))


def signal_name(number: int) -> str:
    """``SIGTERM`` for 15; real-time signals have none of their own."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
