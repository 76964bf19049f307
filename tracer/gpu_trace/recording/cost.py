"""What recording cost the script: an estimate for the time that it ran, and what stopping and saving took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..boot.contract import STOPPED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .kineto_text import KinetoText
    from .notes import Notes

_NS_PER_ROW = {
    b'"cat": "cuda_runtime"': 5000,
    b'"cat": "cuda_driver"': 5000,
    b'"cat": "cpu_op"': 1500,
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


def of(parts: Sequence[KinetoText], notes: Notes) -> Cost:
    """The cost of recording a process: by the rows that it left, and by its own notes."""
    stamps = notes.all(STOPPED)
    return Cost(
        sum(part.events.count(row) * each_ns for part in parts for row, each_ns in _NS_PER_ROW.items()),
        sum(stopped - began for began, stopped, _ in stamps),
        sum(saved - stopped for _, stopped, saved in stamps),
    )
