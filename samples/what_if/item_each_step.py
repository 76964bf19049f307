"""Each step reads a number back, which says what batch the next step takes: no batch can be fetched ahead.

- **before** copies a batch on the stream of the compute.
- **after** copies it on a side stream, with an event. It takes as long.

    gpu-trace run --dependencies --range measured samples/what_if/item_each_step.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from streams import DEVICE, ON_GPU, Event, Stream, current_stream, pinned, stream


class Search:
    """Pinned batches, what each is multiplied with, and which ones were taken."""

    def __init__(self, small: bool) -> None:
        size, self.steps = (48, 4) if small else (4096, 16)
        self.batches = [pinned(torch.randn(size, size, device=DEVICE)) for _ in range(8)]
        self.right = torch.randn(size, size, device=DEVICE)
        self.taken: list[int] = []
        self.side = Stream()

    def reset(self) -> None:
        self.taken = [0]

    def results(self) -> list[torch.Tensor]:
        return [torch.tensor(self.taken)]

    def next_after(self, batch: torch.Tensor) -> int:
        """The number of the batch to take after this one."""
        return int((batch @ self.right).abs().sum().item()) % len(self.batches)


def on_the_compute_stream(work: Search) -> None:
    for _ in range(work.steps):
        batch = work.batches[work.taken[-1]].to(DEVICE, non_blocking=True)
        work.taken.append(work.next_after(batch))


def side_stream(work: Search) -> None:
    for _ in range(work.steps):
        with stream(work.side):
            batch, arrived = work.batches[work.taken[-1]].to(DEVICE, non_blocking=True), Event()
            arrived.record()
        arrived.wait()
        if ON_GPU:
            batch.record_stream(current_stream())  # its memory is of the side stream
        work.taken.append(work.next_after(batch))


if __name__ == "__main__":
    repetitions.main(__doc__, Search, {"before": on_the_compute_stream, "after": side_stream})
