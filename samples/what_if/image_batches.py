"""Images of one byte per color go through a small convolutional network, and the host reads the scores of each batch.

- **before** copies a batch, computes, copies the scores to the host, waits for them and reads them: all in turns.
- **after** copies the next batch on a side stream during a batch, and the scores on another. The host reads those of a
  batch while the next one computes.

    gpu-trace run --dependencies --range measured samples/what_if/image_batches.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from streams import DEVICE, Event, Stream, current_stream, pinned, stream
from torch import nn

CLASSES = 1000


class Classifier:
    """A network, pinned batches of images, and pinned memory for their scores."""

    def __init__(self, small: bool) -> None:
        torch.backends.cudnn.allow_tf32, torch.backends.cudnn.deterministic = False, True
        size, images, count = (32, 4, 4) if small else (224, 512, 32)
        self.network = network().to(DEVICE).requires_grad_(requires_grad=False)
        self.mean, self.deviation = torch.tensor([[123.7, 116.3, 103.5], [58.4, 57.1, 57.4]], device=DEVICE)[
            ..., None, None
        ]
        shape = (images, 3, size, size)
        self.batches = [pinned(torch.randint(256, shape, device=DEVICE, dtype=torch.uint8)) for _ in range(count)]
        self.on_host = [pinned(torch.zeros(images, CLASSES)) for _ in self.batches]
        self.labels = torch.zeros(count, images, dtype=torch.int64)
        self.halves = torch.zeros(2, *shape, device=DEVICE, dtype=torch.uint8)
        self.into, self.out = Stream(), Stream()

    def reset(self) -> None:
        repetitions.spoil(self.on_host)
        self.labels.zero_()

    def results(self) -> list[torch.Tensor]:
        return [*self.on_host, self.labels]

    def scores(self, images: torch.Tensor) -> torch.Tensor:
        return self.network((images.float() - self.mean) / self.deviation)

    def read(self, place: int) -> None:
        """Let the host choose the class of each image of a batch."""
        torch.argmax(self.on_host[place], dim=1, out=self.labels[place])


def network() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 32, kernel_size=5, stride=4),
        nn.ReLU(),
        nn.Conv2d(32, 64, kernel_size=3, stride=2),
        nn.ReLU(),
        nn.Conv2d(64, 128, kernel_size=3, stride=2),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(128, CLASSES),
    )


def in_turns(work: Classifier) -> None:
    for place, batch in enumerate(work.batches):
        scores = work.scores(batch.to(DEVICE, non_blocking=True))
        work.on_host[place].copy_(scores, non_blocking=True)
        current_stream().synchronize()
        work.read(place)


def one_ahead(work: Classifier) -> None:
    arrived, done = ([Event() for _ in work.halves] for _ in range(2))
    left = [Event() for _ in work.batches]
    scores = []  # all are kept: memory given out again would have to wait for the other stream
    work.into.wait_stream(current_stream())

    def fetch(place: int) -> None:
        with stream(work.into):
            done[place % 2].wait()  # never recorded before the first use, so the first wait returns immediately
            work.halves[place % 2].copy_(work.batches[place], non_blocking=True)
            arrived[place % 2].record()

    def read(place: int) -> None:
        left[place].synchronize()
        work.read(place)

    fetch(0)
    for place in range(len(work.batches)):
        if place + 1 < len(work.batches):
            fetch(place + 1)
        arrived[place % 2].wait()
        scores.append(work.scores(work.halves[place % 2]))
        done[place % 2].record()
        with stream(work.out):
            done[place % 2].wait()
            work.on_host[place].copy_(scores[place], non_blocking=True)
            left[place].record()
        if place > 0:
            read(place - 1)
    read(len(work.batches) - 1)


if __name__ == "__main__":
    repetitions.main(__doc__, Classifier, {"before": in_turns, "after": one_ahead})
