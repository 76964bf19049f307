"""A network whose weights stay in host memory and are copied to the GPU layer by layer.

- **before** copies each weight on the stream of the compute, when its layer needs it.
- **after** copies on a side stream, up to two layers ahead, into three buffers.

    gpu-trace run --dependencies --range measured samples/what_if/streamed_weights.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from streams import DEVICE, Event, Stream, current_stream, pinned, stream

BUFFERS = 3


class Network:
    """Pinned weights, the buffers for them on the GPU, and the rows that go through all layers."""

    def __init__(self, small: bool, buffers: int = BUFFERS) -> None:
        width, rows, layers = (64, 8, 4) if small else (8192, 1024, 12)
        self.weights = [pinned(torch.randn(width, width, device=DEVICE) / width**0.5) for _ in range(layers)]
        self.rows = torch.randn(rows, width, device=DEVICE)
        self.buffers = [torch.empty(width, width, device=DEVICE) for _ in range(buffers)]
        self.output = self.rows
        self.side = Stream()

    def reset(self) -> None:
        self.output = self.rows

    def results(self) -> list[torch.Tensor]:
        return [self.output]


def on_the_compute_stream(work: Network) -> None:
    for weight in work.weights:
        work.output = work.output @ weight.to(DEVICE, non_blocking=True)


def prefetched(work: Network) -> None:
    arrived, free = ([Event() for _ in work.buffers] for _ in range(2))
    work.side.wait_stream(current_stream())

    def fetch(layer: int) -> None:
        slot = layer % BUFFERS
        with stream(work.side):
            free[slot].wait()  # never recorded before the first use, so the first wait returns immediately
            work.buffers[slot].copy_(work.weights[layer], non_blocking=True)
            arrived[slot].record()

    for layer in range(BUFFERS - 1):
        fetch(layer)
    for layer in range(len(work.weights)):
        if layer + BUFFERS - 1 < len(work.weights):
            fetch(layer + BUFFERS - 1)
        slot = layer % BUFFERS
        arrived[slot].wait()
        work.output = work.output @ work.buffers[slot]
        free[slot].record()


if __name__ == "__main__":
    repetitions.main(__doc__, Network, {"before": on_the_compute_stream, "after": prefetched})
