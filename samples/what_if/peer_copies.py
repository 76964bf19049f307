"""Products on GPU 0, whose results go to GPU 1 over the link between them. It needs two GPUs.

- **before** copies each result on the stream of the products.
- **after** has a side stream for the copies, which waits for the event of each product.

    gpu-trace run --dependencies --range measured samples/what_if/peer_copies.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from streams import Event, Stream, stream


class Products:
    """Flat products, which take little longer to compute than to send, and memory for them on both GPUs."""

    def __init__(self, small: bool) -> None:
        size, inner, count = (64, 16, 4) if small else (8192, 1024, 25)
        here, there = torch.device("cuda", 0), torch.device("cuda", 1)
        self.left = torch.randn(size, inner, device=here)
        self.rights = [torch.randn(inner, size, device=here) for _ in range(count)]
        self.products = [torch.empty(size, size, device=here) for _ in self.rights]
        self.arrived = [torch.empty(size, size, device=there) for _ in self.rights]
        self.side = Stream()

    def reset(self) -> None:
        repetitions.spoil(self.products)
        repetitions.spoil(self.arrived)

    def results(self) -> list[torch.Tensor]:
        return self.arrived

    def multiply(self, place: int) -> None:
        torch.mm(self.left, self.rights[place], out=self.products[place])

    def send(self, place: int) -> None:
        self.arrived[place].copy_(self.products[place], non_blocking=True)


def one_stream(work: Products) -> None:
    for place in range(len(work.rights)):
        work.multiply(place)
        work.send(place)


def side_stream(work: Products) -> None:
    for place in range(len(work.rights)):
        work.multiply(place)
        ready = Event()
        ready.record()
        with stream(work.side):
            ready.wait()
            work.send(place)


if __name__ == "__main__":
    repetitions.main(__doc__, Products, {"before": one_stream, "after": side_stream}, gpus=2)
