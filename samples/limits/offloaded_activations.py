"""Training with the activations saved in host memory (``torch.autograd.graph.save_on_cpu``).

- **pageable**: ``pin_memory=False``, so that the host waits in each copy.
- **pinned**: ``pin_memory=True``; the copies run on the stream of the compute.

    gpu-trace run samples/limits/offloaded_activations.py --case pinned
"""

from __future__ import annotations

import steps
import torch
from torch import nn


def training(small: bool, pinned: bool) -> steps.Step:
    width, rows = (64, 64) if small else (4096, 8192)
    layers = [layer for _ in range(6) for layer in (nn.Linear(width, width), nn.GELU())]
    model = nn.Sequential(*layers).to(steps.DEVICE)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    x = torch.randn(rows, width, device=steps.DEVICE)

    def step(_number: int) -> None:
        with torch.autograd.graph.save_on_cpu(pin_memory=pinned and steps.ON_GPU):
            loss = model(x).square().mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


CASES = {"pageable": lambda small: training(small, pinned=False), "pinned": lambda small: training(small, pinned=True)}

if __name__ == "__main__":
    steps.main(__doc__, CASES, 6)
