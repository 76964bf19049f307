"""Pinned batches go into the two halves of a buffer on the GPU, which a small network trains on.

- **before** copies a batch on the stream of the compute, just before its step.
- **after** copies the next batch on a side stream during the step, into the half that the step does not read.

    gpu-trace run --dependencies --range measured samples/what_if/data_loading.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from classifier import CLASSES, Classifier
from streams import DEVICE, Event, current_stream, pinned, stream
from torch import nn


class Loading(Classifier):
    """A small network, and a buffer for two batches."""

    def __init__(self, small: bool) -> None:
        rows, features, hidden = (16, 32, 8) if small else (4096, 8192, 1536)
        network = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, CLASSES))
        super().__init__(network, [pinned(torch.rand(rows, features, device=DEVICE)) for _ in range(12)])
        self.halves = torch.zeros(2, rows, features, device=DEVICE)


def on_the_compute_stream(work: Loading) -> None:
    for place, (batch, labels) in enumerate(zip(work.batches, work.labels, strict=True)):
        half = work.halves[place % 2]
        half.copy_(batch, non_blocking=True)
        work.step(half, labels)


def prefetched(work: Loading) -> None:
    arrived, free = ([Event() for _ in work.halves] for _ in range(2))
    work.side.wait_stream(current_stream())

    def fetch(place: int) -> None:
        with stream(work.side):
            free[place % 2].wait()  # never recorded before the first use, so the first wait returns immediately
            work.halves[place % 2].copy_(work.batches[place], non_blocking=True)
            arrived[place % 2].record()

    fetch(0)
    for place, labels in enumerate(work.labels):
        if place + 1 < len(work.batches):
            fetch(place + 1)
        arrived[place % 2].wait()
        work.step(work.halves[place % 2], labels)
        free[place % 2].record()


if __name__ == "__main__":
    repetitions.main(__doc__, Loading, {"before": on_the_compute_stream, "after": prefetched})
