"""What recording cost the script: an estimate for the time that it ran, and what stopping and saving took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..boot.contract import OPERATOR_COST, STOPPED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .notes import Notes
    from .sessions import Session

_NS_PER_CALL = 5000
_OPERATOR = b'"cat": "cpu_op"'
_NS_PER_ROW = {
    b'"cat": "cuda_runtime"': _NS_PER_CALL,
    b'"cat": "cuda_driver"': _NS_PER_CALL,
    _OPERATOR: 1500,
    b'"cat": "user_annotation"': 3000,
}
"""Measured on H200s and their hosts: a launch takes 3 to 8 us more than unprofiled, with any tool that records it and
its kernel by CUPTI (and mostly is the only call of its kernel that leaves a row), 1.5 us more with its operator; a
``record_function`` 3 us more than without a profiler. Roughly the same elsewhere."""


@dataclass(frozen=True, slots=True)
class Cost:
    """In nanoseconds; ``running_ns`` is an estimate, the others are measured."""

    running_ns: int
    stop_ns: int
    save_ns: int

    @property
    def after_ns(self) -> int:
        """What the script's end waited."""
        return self.stop_ns + self.save_ns


FREE = Cost(0, 0, 0)


def of(sessions: Sequence[Session], notes: Notes) -> Cost:
    """The cost of recording a process: by the rows that it left, and by its own notes.

    With dependencies an operator costs several times as much, and how much was measured.
    """
    stamps, operator_ns = notes.all(STOPPED), notes.last_number(OPERATOR_COST)
    each_ns = _NS_PER_ROW if operator_ns is None else _NS_PER_ROW | {_OPERATOR: operator_ns}
    return Cost(
        sum(_of_text(session.text.events, each_ns) + session.calls * _NS_PER_CALL for session in sessions),
        sum(stopped - began for began, stopped, _ in stamps),
        sum(saved - stopped for _, stopped, saved in stamps),
    )


def _of_text(events: bytes, ns_per_row: Mapping[bytes, int]) -> int:
    return sum(events.count(row) * each_ns for row, each_ns in ns_per_row.items())
