"""A training epoch whose batches come from pinned memory of the host.

- **before** copies a batch on the stream of the compute, at the start of its step.
- **after** copies the next batch on a side stream during the step.

    gpu-trace run --dependencies --range measured samples/what_if/training.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from streams import DEVICE, ON_GPU, Event, Stream, current_stream, pinned, stream
from torch import nn

CLASSES = 10


class Training:
    """A network, and the batches and labels of an epoch."""

    def __init__(self, small: bool) -> None:
        width, rows = (32, 16) if small else (4096, 4096)
        layers = [layer for _ in range(6) for layer in (nn.Linear(width, width), nn.ReLU())]
        self.model = nn.Sequential(*layers, nn.Linear(width, CLASSES)).to(DEVICE)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01)
        self.start = [parameter.detach().clone() for parameter in self.model.parameters()]
        self.batches = [pinned(torch.randn(rows, width, device=DEVICE)) for _ in range(8)]
        self.labels = list(torch.randint(CLASSES, (len(self.batches), rows), device=DEVICE))
        self.side = Stream()

    def reset(self) -> None:
        with torch.no_grad():
            for parameter, start in zip(self.model.parameters(), self.start, strict=True):
                parameter.copy_(start)

    def results(self) -> list[torch.Tensor]:
        return list(self.model.parameters())

    def step(self, batch: torch.Tensor, labels: torch.Tensor) -> None:
        self.optimizer.zero_grad()
        nn.functional.cross_entropy(self.model(batch), labels).backward()
        self.optimizer.step()


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
