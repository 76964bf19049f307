"""Weights that are copied layer by layer into one buffer: the next must not come before the product has read this one.

- **before** copies on the stream of the compute.
- **after** copies on a side stream, which waits for the product that reads the buffer. It takes as long; a second
  buffer would help.

    gpu-trace run --dependencies --range measured samples/what_if/one_buffer.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from streams import DEVICE, Event, Stream, current_stream, pinned, stream


class Network:
    """Pinned weights, the buffer for one of them, and the rows that go through all layers."""

    def __init__(self, small: bool) -> None:
        width, rows, layers = (64, 8, 4) if small else (8192, 1024, 12)
        self.weights = [pinned(torch.randn(width, width, device=DEVICE) / width**0.5) for _ in range(layers)]
        self.rows = torch.randn(rows, width, device=DEVICE)
        self.buffer = torch.empty(width, width, device=DEVICE)
        self.output = self.rows
        self.side = Stream()

    def reset(self) -> None:
        self.output = self.rows

    def results(self) -> list[torch.Tensor]:
        return [self.output]


def on_the_compute_stream(work: Network) -> None:
    for weight in work.weights:
        work.buffer.copy_(weight, non_blocking=True)
        work.output = work.output @ work.buffer


def side_stream(work: Network) -> None:
    arrived, free = Event(), Event()
    work.side.wait_stream(current_stream())
    for weight in work.weights:
        with stream(work.side):
            free.wait()  # never recorded before the first use, so the first wait returns immediately
            work.buffer.copy_(weight, non_blocking=True)
            arrived.record()
        arrived.wait()
        work.output = work.output @ work.buffer
        free.record()


if __name__ == "__main__":
    repetitions.main(__doc__, Network, {"before": on_the_compute_stream, "after": side_stream})
