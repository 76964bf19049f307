"""A training epoch whose batches come from pinned memory of the host.

- **before** copies a batch on the stream of the compute, at the start of its step.
- **after** copies the next batch on a side stream during the step.

    gpu-trace run --dependencies --range measured samples/what_if/training.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from classifier import CLASSES, Classifier
from streams import DEVICE, ON_GPU, Event, current_stream, pinned, stream
from torch import nn


class Training(Classifier):
    """A network of seven layers."""

    def __init__(self, small: bool) -> None:
        width, rows = (32, 16) if small else (4096, 4096)
        layers = [layer for _ in range(6) for layer in (nn.Linear(width, width), nn.ReLU())]
        network = nn.Sequential(*layers, nn.Linear(width, CLASSES))
        super().__init__(network, [pinned(torch.randn(rows, width, device=DEVICE)) for _ in range(8)])


def on_the_compute_stream(work: Training) -> None:
    for batch, labels in zip(work.batches, work.labels, strict=True):
        work.step(batch.to(DEVICE, non_blocking=True), labels)


def prefetched(work: Training) -> None:
    def fetch(place: int) -> tuple[torch.Tensor, torch.cuda.Event]:
        with stream(work.side):
            batch, arrived = work.batches[place].to(DEVICE, non_blocking=True), Event()
            arrived.record()
        return batch, arrived

    coming = fetch(0)
    for place, labels in enumerate(work.labels):
        batch, arrived = coming
        if place + 1 < len(work.batches):
            coming = fetch(place + 1)
        arrived.wait()
        if ON_GPU:
            batch.record_stream(current_stream())  # its memory is of the side stream
        work.step(batch, labels)


if __name__ == "__main__":
    repetitions.main(__doc__, Training, {"before": on_the_compute_stream, "after": prefetched})
