"""One rank of a job, read alone: its trace, its steady window, and the devices that are its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_
from typing import TYPE_CHECKING

import numpy as np

from ...intervals import Intervals
from ...model import MISSING
from ...questions.account.owners import owned
from ...questions.helpers import helpers
from ...questions.overlap import active_devices
from ...questions.parted import rows_on
from ...questions.steady.steps import found_steps
from ...questions.steady.window import steady, steady_scope
from ...vocabulary.losses import Owner

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...analysis import Analysis
    from ...model import Int64, Trace
    from ...questions.scope import Scope
    from ...questions.steady.steps import Steps
    from ...questions.steady.window import Steady


@dataclass(frozen=True)
class OneRank:
    """What the tables of a rank are made of. The window is the rank's own: no other rank is known here."""

    analysis: Analysis

    @property
    def trace(self) -> Trace:
        """All that was recorded of it."""
        return self.analysis.trace

    @cached_property
    def number(self) -> int:
        """Its rank; `MISSING` where the trace does not say."""
        return rank_of(self.trace)

    @cached_property
    def steady(self) -> Steady:
        """The window that its account is of."""
        of = self.analysis
        return steady(of.scope, of.whole, of.asked_steps, of.step_range)

    @cached_property
    def scope(self) -> Scope:
        """Its trace in that window."""
        of = self.analysis
        return steady_scope(of.scope, of.whole, of.asked_steps, of.step_range)

    @cached_property
    def devices(self) -> tuple[int, ...]:
        """Positions of the devices that did anything, except those of processes that only help."""
        others = helpers(self.trace)
        return tuple(position for position in active_devices(self.trace) if position not in others)

    @cached_property
    def rows(self) -> Int64:
        """The rows of its work that these devices did, in order."""
        each = [rows_on(self.trace, position) for position in self.devices]
        return each[0] if len(each) == 1 else np.sort(np.concatenate([np.empty(0, np.int64), *each]))

    def when(self, owner: Owner) -> Intervals:
        """When any of its devices was at this; collectives while none computed, and idle time while all were idle."""
        found = self._any(owner)
        if owner is Owner.COMPUTE or len(self.devices) == 1:
            return found
        if owner is Owner.COLLECTIVE:
            return found - self._any(Owner.COMPUTE)
        for each in Owner:
            found = found - self._any(each) if each is not owner else found
        return found

    def _any(self, owner: Owner) -> Intervals:
        each = [owned(self.scope, position)[owner] for position in self.devices]
        return reduce(or_, each) if each else Intervals()

    @cached_property
    def steps(self) -> Steps | None:
        """The steps of the window, in order; None without any. Of several processes with steps, those of the first."""
        if self.steady.first_step is None or self.steady.last_step is None:
            return None
        found = found_steps(self.analysis.scope, self.analysis.step_range)
        if found is None:
            return None
        number, process = found.steps.number, found.steps.process
        inside = (number >= self.steady.first_step) & (number <= self.steady.last_step)
        return found.steps[inside & (process == process.min())]

    @property
    def began_ns(self) -> int:
        """The begin of its window, or of its first operation."""
        if self.scope.window is not None:
            return self.scope.window.start_ns
        return int(self.trace.work.start_ns[0]) if len(self.trace.work) else 0

    def begins_inside(self, start_ns: Int64) -> NDArray[np.bool_]:
        """Which of these instants are in its window: (n,) bool."""
        window = self.scope.window
        if window is None:
            return np.ones(len(start_ns), np.bool_)
        return np.asarray((start_ns >= window.start_ns) & (start_ns < window.end_ns))

    def since_1970(self, at_ns: Int64) -> Int64:
        """Times of its trace on the clock of its host; as they are, where the trace does not state its clock."""
        return at_ns + (self.trace.epoch_ns or 0)


def rank_of(trace: Trace) -> int:
    """The rank that a trace of one rank is of; `MISSING` where it does not say."""
    ranks = [*(process.rank for process in trace.processes), *(device.rank for device in trace.devices)]
    return next((rank for rank in ranks if rank != MISSING), MISSING)
