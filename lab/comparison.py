"""Overlap by the clocks alone and by the trace: do they agree, and if not, what did the clocks not see?

From the clocks, of two parts and both together: ``(T_a + T_b - T_both) / min(T_a, T_b)``. From the trace, of what the
engines were busy with while both ran: ``(A + B - union) / min(A, B)``. Recording may slow a run down, so the wall clock
R of the recorded run is another than T_both. So, exactly,

    (T_a + T_b - T_both) - (A + B - union) = (T_a - A) + (T_b - B) + (union - R) + (R - T_both)

and each of the four is something to name: a part was busy for longer (or shorter) than it took alone, nothing ran for
some of the recorded run, or that run took longer (or shorter) than the one by the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .experiments import Experiment
    from .measured import Ran, Recorded, Variant

AGREE = 0.03
"""Ratios that differ by more need a word."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Times in ns: of the parts alone and of both, unrecorded; of both, recorded, and what was busy then."""

    alone_a_ns: int
    alone_b_ns: int
    both_ns: int
    recorded_ns: int
    busy_a_ns: int
    busy_b_ns: int
    overlap_ns: int

    @property
    def by_clocks(self) -> float:
        """The ratio from the clocks; below 0 where both took longer than one after the other."""
        return (self.alone_a_ns + self.alone_b_ns - self.both_ns) / min(self.alone_a_ns, self.alone_b_ns)

    @property
    def by_trace(self) -> float | None:
        """The ratio from the trace; None where one of the parts was not busy at all."""
        shorter = min(self.busy_a_ns, self.busy_b_ns)
        return self.overlap_ns / shorter if shorter else None

    @property
    def difference(self) -> float | None:
        """By the clocks less by the trace."""
        return None if self.by_trace is None else self.by_clocks - self.by_trace

    @property
    def agrees(self) -> bool:
        """Whether nothing has to be explained."""
        return self.difference is None or abs(self.difference) <= AGREE

    @property
    def unseen_ns(self) -> dict[str, int]:
        """What the clocks charged to a lack of overlap, or took for overlap (below 0), and was neither; see above."""
        union_ns = self.busy_a_ns + self.busy_b_ns - self.overlap_ns
        return {
            "first": self.busy_a_ns - self.alone_a_ns,
            "second": self.busy_b_ns - self.alone_b_ns,
            "idle": self.recorded_ns - union_ns,
            "recording": self.both_ns - self.recorded_ns,
        }


def compared(experiment: Experiment, ran: Ran, variant: Variant) -> Comparison | None:
    """A variant against its parts; None for one that has none, or was not recorded."""
    parts = experiment.parts_of(variant.name, ran.by_name)
    if not parts or variant.recorded is None or not variant.recorded.devices:
        return None
    first, second = (ran.by_name[name] for name in parts)
    a_ns, b_ns, overlap_ns = _busy(experiment, variant.recorded)
    wall_ns = variant.recorded.wall_ns
    return Comparison(first.wall_ns, second.wall_ns, variant.wall_ns, wall_ns, a_ns, b_ns, overlap_ns)


def _busy(experiment: Experiment, recorded: Recorded) -> tuple[int, int, int]:
    on = recorded.devices[0]
    if experiment.overlap_of == "devices":
        both = [device.compute_ns for device in recorded.devices[:2]]
        return (both[0], both[1], recorded.together_ns) if len(both) == 2 else (0, 0, 0)
    return on.compute_ns, on.copy_ns, on.overlap_ns
