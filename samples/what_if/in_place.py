"""A sum that products are added to in place, and that is copied to the host after each of them.

- **before** copies on the stream of the compute.
- **after** copies on a side stream. The next product must not change the sum before it is copied, so it takes as long.

    gpu-trace run --dependencies --range measured samples/what_if/in_place.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from streams import DEVICE, Event, Stream, pinned_like, stream


class Sum:
    """Factors of products, the sum of the products so far, and pinned memory for each state of it."""

    def __init__(self, small: bool) -> None:
        size, count = (48, 4) if small else (4096, 16)
        self.left = torch.randn(size, size, device=DEVICE)
        self.rights = [torch.randn(size, size, device=DEVICE) for _ in range(count)]
        self.total = torch.zeros(size, size, device=DEVICE)
        self.on_host = [pinned_like(self.total) for _ in self.rights]
        self.side = Stream()

    def reset(self) -> None:
        self.total.zero_()
        repetitions.spoil(self.on_host)

    def results(self) -> list[torch.Tensor]:
        return self.on_host


def on_the_compute_stream(work: Sum) -> None:
    for right, host in zip(work.rights, work.on_host, strict=True):
        work.total.addmm_(work.left, right)
        host.copy_(work.total, non_blocking=True)


def side_stream(work: Sum) -> None:
    for right, host in zip(work.rights, work.on_host, strict=True):
        added, left = Event(), Event()
        work.total.addmm_(work.left, right)
        added.record()
        with stream(work.side):
            added.wait()
            host.copy_(work.total, non_blocking=True)
            left.record()
        left.wait()


if __name__ == "__main__":
    repetitions.main(__doc__, Sum, {"before": on_the_compute_stream, "after": side_stream})
