"""Events whose times cannot be true: they would dominate every figure, so they are set aside and listed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from ...model import DeviceWork, Doubt, Quarantined

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from ...model import Table

A_DAY_NS = 24 * 3600 * 10**9
"""Longer than any recording; stamps that a driver left at zero lie weeks from the others."""

UNMEASURED = "work of no length"
"""The one reason that leaves no doubt of a device: such operations ran, and their length was never measured."""

_LISTED = 1000


@dataclass
class Quarantine:
    """What was set aside: how many for each reason, and the first thousand of each table."""

    counts: Counter[str] = field(default_factory=Counter)
    events: list[Quarantined] = field(default_factory=list)
    on_device: Counter[tuple[int, str]] = field(default_factory=Counter)
    """of work: how many for each device and reason"""

    def doubts(self) -> tuple[Doubt, ...]:
        """The devices whose work this was."""
        found = sorted((device, reason, n) for (device, reason), n in self.on_device.items())
        return tuple(Doubt(*doubt) for doubt in found if doubt[1] != UNMEASURED)

    def note(self, rows: Any, reason: str, bad: NDArray[np.bool_]) -> None:
        """Count the ``bad`` rows of a table."""
        self.counts[reason] += int(bad.sum())
        if isinstance(rows, DeviceWork):
            self.on_device.update((device, reason) for device in rows.device[bad].tolist())


def without_repetition(doubts: Iterable[Doubt]) -> tuple[Doubt, ...]:
    """One doubt for each device and reason, which counts as many operations as any of them does."""
    most: dict[tuple[int, str], int] = {}
    for doubt in doubts:
        key = doubt.device, doubt.reason
        most[key] = max(doubt.operations, most.get(key, 0))
    return tuple(Doubt(device, reason, operations) for (device, reason), operations in most.items())


def quarantine(
    tables: Mapping[type[Table], Any], strings: tuple[str, ...], resolution_ns: int, into: Quarantine
) -> Iterator[tuple[type[Table], NDArray[np.bool_]]]:
    """For each table that has such events which rows to keep; the others are noted.

    ``resolution_ns`` is the step of the trace's clock. Work that took no time on a clock of nanoseconds was never
    measured; on one of microseconds it was merely short.
    """
    middle_ns = _middle(tables)
    for table, rows in tables.items():
        reasons = dict(_reasons(table, rows, middle_ns, resolution_ns))
        seen = np.zeros(len(rows), dtype=np.bool_)
        for reason, bad in reasons.items():
            into.note(rows, reason, bad & ~seen)
            seen |= bad
        if seen.any():
            into.events += islice(_listed(rows, reasons, strings), _LISTED)
            yield table, ~seen


def _middle(tables: Mapping[type[Table], Any]) -> int:
    """The median start of everything: (it may not be a plain mean, which one absurd stamp would move)."""
    starts = np.concatenate([rows.start_ns for rows in tables.values()])
    return int(np.partition(starts, len(starts) // 2)[len(starts) // 2]) if len(starts) else 0


def _reasons(
    table: type[Table], rows: Any, middle_ns: int, resolution_ns: int
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    duration_ns = rows.end_ns - rows.start_ns
    yield "negative duration", duration_ns < 0
    yield "longer than a day", duration_ns > A_DAY_NS
    yield "more than a day from most events", np.abs(rows.start_ns - middle_ns) > A_DAY_NS
    if table is DeviceWork and resolution_ns == 1:
        yield UNMEASURED, duration_ns == 0


def _listed(rows: Any, reasons: Mapping[str, NDArray[np.bool_]], strings: tuple[str, ...]) -> Iterator[Quarantined]:
    seen = np.zeros(len(rows), dtype=np.bool_)
    for reason, bad in reasons.items():
        for row in np.flatnonzero(bad & ~seen):
            start_ns, end_ns = int(rows.start_ns[row]), int(rows.end_ns[row])
            name = strings[rows.name[row]] if hasattr(rows, "name") else table_name(rows)
            yield Quarantined(name, reason, start_ns, end_ns - start_ns)
        seen |= bad


def table_name(rows: object) -> str:
    """What to call a row that has no name of its own."""
    return type(rows).__name__
