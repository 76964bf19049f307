"""What a run with ``--dependencies`` says of itself: its operators, what recording them cost, the clock without it."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median_low
from typing import TYPE_CHECKING

from ..boot.contract import CALL_COST, OPERATOR_COST, UNRECORDED

if TYPE_CHECKING:
    from .notes import Notes


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Of one process; in ns, and None for what could not be measured.

    ``unrecorded_step_ns`` is the median of several parts of as many steps as were recorded, per step.
    """

    operators: int
    cost_ns_per_operator: int | None
    cost_ns_per_call: int | None
    unrecorded_step_ns: int | None

    @property
    def known(self) -> dict[str, int]:
        """By name, without what could not be measured."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in values.items() if value is not None}


def of(notes: Notes, operators: int) -> Dependencies:
    """Those that a process noted."""
    steps = [took_ns // steps for steps, took_ns in notes.all(UNRECORDED)]
    return Dependencies(
        operators,
        notes.last_number(OPERATOR_COST),
        notes.last_number(CALL_COST),
        median_low(steps) if steps else None,
    )
