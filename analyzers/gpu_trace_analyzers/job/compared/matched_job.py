"""One job: what was kept of its ranks, with their collectives matched and their clocks corrected."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING
from .clocks import Clocks, fitted
from .meetings import Meetings, meetings_of
from .numbers import Numbers, numbers_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ...model import Int64
    from ..kept.partial import Partial

    Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Job:
    """What the questions of a job are asked of. Rows are those of ``kept.collectives``, places those of ``ranks``."""

    kept: Partial

    @cached_property
    def ranks(self) -> Int64:
        """(ranks,) int64: those that were read, in order."""
        return np.asarray(self.kept.ranks.rank)

    @cached_property
    def rank_of(self) -> Int64:
        """(rows,) int64: the place of the rank of each row."""
        return np.searchsorted(self.ranks, self.kept.collectives.rank)

    @cached_property
    def first_row(self) -> Int64:
        """(ranks,) int64: where the rows of each rank begin."""
        return np.searchsorted(self.kept.collectives.rank, self.ranks)

    @cached_property
    def hosts(self) -> Sequence[str]:
        """The names of machines, in order of their lowest ranks. A rank that names none is on one of its own."""
        return tuple(dict.fromkeys(self._host_names))

    @cached_property
    def host_of(self) -> Int64:
        """(ranks,) int64: of each rank the place of its machine in ``hosts``."""
        place = {name: number for number, name in enumerate(self.hosts)}
        return np.array([place[name] for name in self._host_names], np.int64)

    @cached_property
    def _host_names(self) -> Sequence[str]:
        codes = zip(self.ranks.tolist(), self.kept.ranks.host.tolist(), strict=True)
        return [self.kept.text(code) if code != MISSING else f"rank {rank}" for rank, code in codes]

    @cached_property
    def named_hosts(self) -> frozenset[str]:
        """The machines that traces name."""
        return frozenset(self.kept.text(code) for code in np.unique(self.kept.ranks.host).tolist() if code != MISSING)

    def machines(self, ranks: Mask) -> list[str]:
        """The machines of these ranks, in order."""
        return [self.hosts[number] for number in np.unique(self.host_of[ranks]).tolist()]

    def hosts_named(self, ranks: Mask) -> bool:
        """Whether the machine of each of these ranks is known."""
        return bool((self.kept.ranks.host[ranks] != MISSING).all())

    def host_name(self, ranks: Mask) -> str:
        """The machine of these ranks, where they are of one that has a name; else empty."""
        codes = np.unique(self.kept.ranks.host[ranks]).tolist()
        return self.kept.text(codes[0]) if len(codes) == 1 else ""

    @cached_property
    def numbers(self) -> Numbers:
        """Which number each collective has in its group."""
        return numbers_of(self.kept)

    @cached_property
    def meetings(self) -> Meetings:
        """Which rows are one collective."""
        return meetings_of(self.kept, self.numbers.of_row)

    @cached_property
    def clocks(self) -> Clocks:
        """How the clocks of machines run."""
        return fitted(self.kept, self.meetings, self.host_of, len(self.hosts))

    @cached_property
    def start_ns(self) -> Int64:
        """(rows,) int64: when each began, on the clock of the first machine."""
        return self.clocks.corrected(self.kept.collectives.start_ns, self.host_of[self.rank_of])

    @cached_property
    def end_ns(self) -> Int64:
        """(rows,) int64: when each ended, on that clock."""
        return self.clocks.corrected(self.kept.collectives.end_ns, self.host_of[self.rank_of])
