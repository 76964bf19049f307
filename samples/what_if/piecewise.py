"""Pieces of host memory go to the GPU, are worked on there, and come back: what the scripts about that share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import repetitions
import torch
from streams import DEVICE, Event, Stream, current_stream, stream

if TYPE_CHECKING:
    from collections.abc import Sequence

BUFFERS = 2


class Piecewise(ABC):
    """Pinned pieces and pinned memory for what becomes of each; buffers on the GPU, and a stream for each direction."""

    def __init__(self, pieces: Sequence[torch.Tensor], finished: Sequence[torch.Tensor]) -> None:
        self.pieces, self.finished = pieces, finished
        self.buffers = [torch.zeros_like(pieces[0], device=DEVICE) for _ in range(BUFFERS)]
        self.into, self.out = Stream(), Stream()

    @abstractmethod
    def compute(self, place: int, piece: torch.Tensor) -> torch.Tensor:
        """What becomes of a piece on the GPU; ``place`` is its number."""

    def reset(self) -> None:
        repetitions.spoil(self.finished)

    def results(self) -> Sequence[torch.Tensor]:
        return self.finished


def one_stream(work: Piecewise) -> None:
    """Copy a piece to the GPU, compute, and copy the result back, one after the other."""
    for place, finished in enumerate(work.finished):
        result = work.compute(place, work.pieces[place].to(DEVICE, non_blocking=True))
        finished.copy_(result, non_blocking=True)


def side_streams(work: Piecewise) -> None:
    """While a piece is worked on, the next one arrives in the other buffer, and the last result leaves."""
    arrived, done = ([Event() for _ in work.buffers] for _ in range(2))
    kept = []  # until the end: memory given out again would have to wait for the stream of the copies back
    work.into.wait_stream(current_stream())

    def fetch(place: int) -> None:
        slot = place % BUFFERS
        with stream(work.into):
            done[slot].wait()  # never recorded before the first use, so the first wait returns immediately
            work.buffers[slot].copy_(work.pieces[place], non_blocking=True)
            arrived[slot].record()

    fetch(0)
    for place, finished in enumerate(work.finished):
        if place + 1 < len(work.pieces):
            fetch(place + 1)
        slot = place % BUFFERS
        arrived[slot].wait()
        kept.append(work.compute(place, work.buffers[slot]))
        done[slot].record()
        with stream(work.out):
            done[slot].wait()
            finished.copy_(kept[place], non_blocking=True)
    repetitions.synchronize()


CASES = {"before": one_stream, "after": side_streams}
