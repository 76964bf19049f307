"""Products on the GPU, whose results go to pinned memory of the host.

- **before** launches all products, then copies each with ``non_blocking=True``: on one stream, so in turns.
- **after** has a side stream for the copies, which waits for the event of each product.

    gpu-trace run --dependencies --range measured samples/what_if/products.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from streams import DEVICE, Event, Stream, pinned_like, stream


class Products:
    """One matrix, those to multiply it with, and pinned memory for the results."""

    def __init__(self, small: bool) -> None:
        size, count = (40, 4) if small else (4000, 50)
        self.left = torch.randn(size, size, device=DEVICE)
        self.rights = [torch.randn(size, size, device=DEVICE) for _ in range(count)]
        self.on_host = [pinned_like(right) for right in self.rights]
        self.side = Stream()

    def reset(self) -> None:
        repetitions.spoil(self.on_host)

    def results(self) -> list[torch.Tensor]:
        return self.on_host


def one_stream(work: Products) -> None:
    products = [work.left @ right for right in work.rights]
    for product, host in zip(products, work.on_host, strict=True):
        host.copy_(product, non_blocking=True)


def side_stream(work: Products) -> None:
    products = []  # as long as one is kept, its memory is not given to the next
    for right, host in zip(work.rights, work.on_host, strict=True):
        products.append(work.left @ right)
        ready = Event()
        ready.record()
        with stream(work.side):
            ready.wait()
            host.copy_(products[-1], non_blocking=True)
    repetitions.synchronize()


if __name__ == "__main__":
    repetitions.main(__doc__, Products, {"before": one_stream, "after": side_stream})
