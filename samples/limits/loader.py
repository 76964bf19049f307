"""A convolutional network and its data loader.

- **no_workers**: an item takes 2 ms to prepare, in the training process itself.
- **slow_workers**: two workers prepare the items, more slowly than the network takes them.
- **many_workers**: eight workers are faster than the network, so the device computes all the time.
- **short_epochs**: two workers are fast enough, but they start anew for each epoch of four batches.

    gpu-trace run samples/limits/loader.py --case slow_workers
"""

from __future__ import annotations

import time

import steps
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Images(Dataset[torch.Tensor]):
    """Random images, each of which takes ``ms`` to prepare."""

    def __init__(self, count: int, side: int, ms: float) -> None:
        self._image = torch.randn(3, side, side)
        self._count, self._ms = count, ms

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, place: int) -> torch.Tensor:
        time.sleep(self._ms / 1e3)
        return self._image


def training(small: bool, batches: int, ms: float, workers: int, depth: int = 4) -> steps.Step:
    side, batch = (16, 2) if small else (128, 32)
    channels = 8 if small else 64
    convolutions = [nn.Conv2d(3, channels, 3, padding=1)]
    convolutions += [nn.Conv2d(channels, channels, 3, padding=1) for _ in range(depth)]
    model = nn.Sequential(*convolutions, nn.AdaptiveAvgPool2d(1)).to(steps.DEVICE)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    images = Images(batches * batch, side, ms)
    loader = DataLoader(images, batch_size=batch, num_workers=workers, pin_memory=steps.ON_GPU)
    state = {"batches": iter(loader)}

    def step(_number: int) -> None:
        x = next(state["batches"], None)
        if x is None:
            state["batches"] = iter(loader)
            x = next(state["batches"])
        loss = model(x.to(steps.DEVICE, non_blocking=True)).square().mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


CASES = {
    "no_workers": lambda small: training(small, batches=100, ms=2, workers=0),
    "slow_workers": lambda small: training(small, batches=100, ms=4, workers=2),
    "many_workers": lambda small: training(small, batches=100, ms=0.1, workers=2 if small else 8, depth=24),
    "short_epochs": lambda small: training(small, batches=4, ms=0.1, workers=2),
}

if __name__ == "__main__":
    steps.main(__doc__, CASES, 24)
