"""Batches that are copied into two views by turns, as into a double buffer; but the views share half of their memory.

- **before** copies on the stream of the compute.
- **after** copies on a side stream. Each copy has to wait for the product that reads the other view, so it takes as
  long.

    gpu-trace run --dependencies --range measured samples/what_if/overlapping_views.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from streams import DEVICE, Event, Stream, current_stream, pinned, stream


class Loading:
    """Pinned batches, two views of one buffer to copy them to, and memory for the products."""

    def __init__(self, small: bool) -> None:
        size, count = (48, 4) if small else (4096, 16)
        self.batches = [pinned(torch.randn(size, size, device=DEVICE)) for _ in range(count)]
        self.right = torch.randn(size, size, device=DEVICE)
        buffer = torch.empty(size + size // 2, size, device=DEVICE)
        self.views = buffer[:size], buffer[size // 2 :]
        self.products = [torch.empty_like(self.right) for _ in self.batches]
        self.side = Stream()

    def reset(self) -> None:
        repetitions.spoil(self.products)

    def results(self) -> list[torch.Tensor]:
        return self.products

    def copy(self, place: int) -> None:
        self.views[place % 2].copy_(self.batches[place], non_blocking=True)

    def multiply(self, place: int) -> None:
        torch.mm(self.views[place % 2], self.right, out=self.products[place])


def on_the_compute_stream(work: Loading) -> None:
    for place in range(len(work.batches)):
        work.copy(place)
        work.multiply(place)


def side_stream(work: Loading) -> None:
    arrived, free = Event(), Event()
    work.side.wait_stream(current_stream())
    for place in range(len(work.batches)):
        with stream(work.side):
            free.wait()  # never recorded before the first use, so the first wait returns immediately
            work.copy(place)
            arrived.record()
        arrived.wait()
        work.multiply(place)
        free.record()


if __name__ == "__main__":
    repetitions.main(__doc__, Loading, {"before": on_the_compute_stream, "after": side_stream})
