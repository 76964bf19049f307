"""Runs whose steps are not all alike.

- **cold_start**: ten steps after two seconds of imports and set-up; steady steps compute without a gap.
- **train_and_evaluate**: nine steps of training, then three of evaluation, in turn, all compute-bound.
- **two_losses**: each step waits 5 ms for data, and then 5 ms for a copy from pinned memory on the compute's stream.

    gpu-trace run samples/limits/phases.py --case train_and_evaluate
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import steps
import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Iterator


def _network(small: bool) -> tuple[nn.Module, torch.optim.Optimizer, torch.Tensor]:
    width = 64 if small else 4096
    model = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, width)).to(steps.DEVICE)
    return model, torch.optim.SGD(model.parameters(), lr=1e-3), torch.randn(width, width, device=steps.DEVICE)


def _train(model: nn.Module, optimizer: torch.optim.Optimizer, x: torch.Tensor) -> None:
    model(x).square().mean().backward()
    optimizer.step()
    optimizer.zero_grad()


def cold_start(small: bool) -> steps.Step:
    state = {}

    def step(number: int) -> None:
        if number == 0:
            time.sleep(0.1 if small else 2)
            state["network"] = _network(small)
        _train(*state["network"])

    return step


def train_and_evaluate(small: bool) -> steps.Step:
    model, optimizer, x = _network(small)

    def step(number: int) -> None:
        if number % 12 < 9:
            _train(model, optimizer, x)
        else:
            with torch.no_grad():
                model(x)

    return step


def _batches(ms: float) -> Iterator[None]:
    while True:
        time.sleep(ms / 1e3)
        yield None


def two_losses(small: bool) -> steps.Step:
    batches = _batches(5)
    batch = torch.randn(1 << 10 if small else 68 << 20)
    batch = batch.pin_memory() if steps.ON_GPU else batch
    matrix = torch.randn(64 if small else 4096, 64 if small else 4096, device=steps.DEVICE)

    def step(_number: int) -> None:
        with torch.profiler.record_function("enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__"):
            next(batches)
        batch.to(steps.DEVICE, non_blocking=True)
        for _ in range(4):
            torch.mm(matrix, matrix)
        steps.synchronize()

    return step


CASES = {"cold_start": cold_start, "train_and_evaluate": train_and_evaluate, "two_losses": two_losses}

if __name__ == "__main__":
    steps.main(__doc__, CASES, 24)
