"""Sampled stacks while they are read: each distinct frame once, after the one that called it; states that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING, Frames, ThreadState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...model import Int64

NOT_IN_THE_FILE = "stacks of samples that are not in the file"
"""The reason for which samples have no stack though they name one."""
LAST_LINE = 1 << 31
"""No file has as many lines."""


def known_states(states: NDArray[np.integer]) -> NDArray[np.integer]:
    """The states of samples, (n,); `ThreadState.UNKNOWN` in place of numbers that are none."""
    return np.where((states >= 0) & (states < len(ThreadState)), states, ThreadState.UNKNOWN)


class FrameTable:
    """Becomes ``Trace.stack_frames``. Texts are codes into the trace's strings."""

    def __init__(self) -> None:
        self._positions: dict[tuple[int, int, int, int], int] = {}

    def position(self, caller: int, function: int, file: int = MISSING, line: int = MISSING) -> int:
        """The position of a frame, which gets one at its first use; ``caller`` is that of the frame it was called from.

        Raises ``ValueError`` for a caller that has no position.
        """
        if not MISSING <= caller < len(self._positions):
            raise ValueError(f"no frame has position {caller}")
        return self._positions.setdefault((caller, function, file, line), len(self._positions))

    def positions(self, frames: Frames) -> Int64:
        """Where the frames of a finished table are in this one: (n,) int64."""
        found: list[int] = []
        columns = (frames.caller, frames.function, frames.file, frames.line)
        for caller, *place in zip(*(column.tolist() for column in columns), strict=True):
            found.append(self.position(MISSING if caller == MISSING else found[caller], *place))
        return np.array(found, dtype=np.int64)

    def rows(self) -> Frames:
        """All frames."""
        columns = zip(*self._positions, strict=True) if self._positions else [()] * len(Frames.columns())
        return Frames.of(dict(zip(Frames.columns(), columns, strict=True)))
