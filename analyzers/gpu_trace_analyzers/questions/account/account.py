"""The account of a trace: the window it speaks of, where the time of each device went, and what comes first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..helpers import helpers
from ..once import once
from ..steady.window import steady, steady_scope
from .by_kind import with_kinds
from .each_step import with_repeated
from .job import job_first
from .late import late_ranks
from .losses import accounts
from .memory import flushed, pinned_anew
from .packing import small_copies

if TYPE_CHECKING:
    from ..scope import Scope
    from ..steady.window import Steady
    from .first import First
    from .job import JobFirst
    from .losses import DeviceAccount

PATTERNS = (pinned_anew, flushed, small_copies)
"""What steps may repeat, in the order in which it is asked."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where the time went, on each device that did anything."""

    steady: Steady
    devices: tuple[DeviceAccount, ...]
    first: First | None
    """of the job; None where no device did anything"""
    job: JobFirst | None = None
    """the same with what it means for the other devices"""

    def of(self, position: int) -> DeviceAccount | None:
        """The account of one device, by its position in ``Trace.devices``."""
        return next((account for account in self.devices if account.device == position), None)


@once
def account(
    scope: Scope, whole: bool = False, steps: tuple[int, int] | None = None, step_range: str | None = None
) -> Account:
    """The account of a trace in its steady window.

    ``whole``: in the whole recording. ``steps``: in steps ``[A, B)`` of ``step_range`` (default: those that are found).
    """
    found = steady(scope, whole, steps, step_range)
    inside = steady_scope(scope, whole, steps, step_range)
    counted = (replace(each, steps=_steps(found)) for each in accounts(inside))
    told = (with_repeated(each, scope, inside, found, step_range, PATTERNS) for each in counted)
    devices = tuple(with_kinds(each, scope, inside, found, step_range) for each in told)
    job = job_first([each for each in devices if each.device not in helpers(scope.trace)], late_ranks(inside))
    return Account(found, devices, job.first if job else None, job)


def _steps(found: Steady) -> int:
    """How many steps a window is of; 0 where they did not decide."""
    if found.first_step is None or found.last_step is None:
        return 0
    return found.last_step - found.first_step + 1
