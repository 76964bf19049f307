"""What does the clock of a host show? The true time, an offset, and a drift since the job began."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

MOST_OFFSET_NS = 5_000_000
MOST_DRIFT_PPB = 20_000


@dataclass(frozen=True, slots=True)
class Clock:
    """Of one host."""

    offset_ns: int = 0
    drift_ppb: int = 0
    """ns per second"""

    def shows(self, true_ns: NDArray[np.int64]) -> NDArray[np.int64]:
        """The time that it shows, of the same origin as the true one."""
        return true_ns + self.offset_ns + true_ns * self.drift_ppb // 1_000_000_000


def drawn_clocks(hosts: int, random: np.random.Generator) -> Sequence[Clock]:
    """One for each host; where there is only one, it is right."""
    if hosts == 1:
        return [Clock()]
    offsets = random.integers(-MOST_OFFSET_NS, MOST_OFFSET_NS, hosts).tolist()
    drifts = random.integers(-MOST_DRIFT_PPB, MOST_DRIFT_PPB, hosts).tolist()
    return [Clock(*each) for each in zip(offsets, drifts, strict=True)]
