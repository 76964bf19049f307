"""Waves on water. Every few steps, a part of it is copied to a buffer on the GPU, and from there to the host.

- **before** copies to the host on the stream of the simulation.
- **after** copies to the host on a side stream, while the simulation goes on. The buffer is filled again after
  it was read.

    gpu-trace run --dependencies --range measured samples/what_if/snapshots.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from streams import DEVICE, Event, Stream, pinned_like, stream

STEPS = 8  # from one snapshot to the next
STRENGTH = 0.25  # of the pull of a cell's neighbors


class Waves:
    """Heights of the water (row, column) at two times, with still water around, and pinned memory for the snapshots."""

    def __init__(self, small: bool) -> None:
        rows, columns, snapshots = (16, 24, 3) if small else (16384, 8192, 6)
        self.start = torch.zeros(rows + 2, columns + 2, device=DEVICE)
        self.start[1:-1, 1:-1] = torch.randn(rows, columns, device=DEVICE)
        self.last, self.now = self.start.clone(), self.start.clone()
        self.recorded = slice(rows // 2, rows // 2 + rows // 8)
        self.buffer = self.start[self.recorded].clone()
        self.on_host = [pinned_like(self.buffer) for _ in range(snapshots)]
        self.side = Stream()

    def reset(self) -> None:
        self.last.copy_(self.start)
        self.now.copy_(self.start)
        repetitions.spoil([self.buffer, *self.on_host])

    def results(self) -> list[torch.Tensor]:
        return [self.now, *self.on_host]

    def advance(self) -> None:
        """Compute the heights after the next steps."""
        for _ in range(STEPS):
            self.step()

    def step(self) -> None:
        """Overwrite the heights of the last time with those of the next: own motion and neighbors' pull."""
        now, after = self.now, self.last[1:-1, 1:-1]
        neighbors = now[2:, 1:-1] + now[:-2, 1:-1]
        neighbors.add_(now[1:-1, 2:]).add_(now[1:-1, :-2])
        after.neg_().add_(now[1:-1, 1:-1], alpha=2 - 4 * STRENGTH).add_(neighbors, alpha=STRENGTH)
        self.last, self.now = self.now, self.last


def one_stream(work: Waves) -> None:
    for host in work.on_host:
        work.advance()
        work.buffer.copy_(work.now[work.recorded])
        host.copy_(work.buffer, non_blocking=True)


def side_stream(work: Waves) -> None:
    full, read = Event(), Event()
    for host in work.on_host:
        work.advance()
        read.wait()  # never recorded before the first use, so the first wait returns immediately
        work.buffer.copy_(work.now[work.recorded])
        full.record()
        with stream(work.side):
            full.wait()
            host.copy_(work.buffer, non_blocking=True)
            read.record()
    repetitions.synchronize()


if __name__ == "__main__":
    repetitions.main(__doc__, Waves, {"before": one_stream, "after": side_stream})
