"""Products that are all written to the same memory, and copied to the host from there by other streams.

- **before** has one side stream for the copies. The next product waits for the copy, because it overwrites its source.
- **after** has two side streams by turns. Each product still waits, so it takes as long.

    gpu-trace run --dependencies --range measured samples/what_if/shared_storage.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from streams import DEVICE, Event, Stream, pinned_like, stream


class Products:
    """Factors of products, memory on the GPU for one product, and pinned memory for all."""

    def __init__(self, small: bool) -> None:
        size, count = (48, 4) if small else (4096, 16)
        self.left = torch.randn(size, size, device=DEVICE)
        self.rights = [torch.randn(size, size, device=DEVICE) for _ in range(count)]
        self.product = torch.empty(size, size, device=DEVICE)
        self.on_host = [pinned_like(self.product) for _ in self.rights]
        self.sides = Stream(), Stream()

    def reset(self) -> None:
        repetitions.spoil(self.on_host)

    def results(self) -> list[torch.Tensor]:
        return self.on_host


def in_streams(work: Products, count: int) -> None:
    for place, (right, host) in enumerate(zip(work.rights, work.on_host, strict=True)):
        computed, left = Event(), Event()
        torch.mm(work.left, right, out=work.product)
        computed.record()
        with stream(work.sides[place % count]):
            computed.wait()
            host.copy_(work.product, non_blocking=True)
            left.record()
        left.wait()


def one_side_stream(work: Products) -> None:
    in_streams(work, 1)


def two_side_streams(work: Products) -> None:
    in_streams(work, 2)


if __name__ == "__main__":
    repetitions.main(__doc__, Products, {"before": one_side_stream, "after": two_side_streams})
