"""Matrices come from the host, are multiplied, and the products go back: three engines can work on three of them.

- **before** does all of it on one stream.
- **after** has a stream for the copies to the GPU, one for the products, and one for the copies back.

    gpu-trace run --dependencies --range measured samples/what_if/three_engines.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from streams import DEVICE, Event, Stream, pinned, pinned_like, stream


class Pipeline:
    """Pinned matrices, the one that each is multiplied with, and pinned memory for the products."""

    def __init__(self, small: bool) -> None:
        size, columns, count = (64, 24, 3) if small else (8192, 3072, 10)
        self.inputs = [pinned(torch.randn(size, size, device=DEVICE)) for _ in range(count)]
        self.right = torch.randn(size, columns, device=DEVICE)
        self.outputs = [pinned_like(self.right) for _ in self.inputs]
        self.into, self.compute, self.out = Stream(), Stream(), Stream()

    def reset(self) -> None:
        repetitions.spoil(self.outputs)

    def results(self) -> list[torch.Tensor]:
        return self.outputs


def one_stream(work: Pipeline) -> None:
    for given, output in zip(work.inputs, work.outputs, strict=True):
        product = given.to(DEVICE, non_blocking=True) @ work.right
        output.copy_(product, non_blocking=True)


def three_streams(work: Pipeline) -> None:
    kept = []  # until the end: memory given out again would have to wait for the other streams
    for given, output in zip(work.inputs, work.outputs, strict=True):
        arrived, computed = Event(), Event()
        with stream(work.into):
            left = given.to(DEVICE, non_blocking=True)
            arrived.record()
        with stream(work.compute):
            arrived.wait()
            product = left @ work.right
            computed.record()
        with stream(work.out):
            computed.wait()
            output.copy_(product, non_blocking=True)
        kept.append((left, product))
    repetitions.synchronize()


if __name__ == "__main__":
    repetitions.main(__doc__, Pipeline, {"before": one_stream, "after": three_streams})
