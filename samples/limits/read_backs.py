"""Steps that read a value back, and steps that do not.

- **long_kernels**: a step of one long product reads its loss (``.item()``), then prepares the next step for 3 ms.
- **short_kernels**: a step of many tiny kernels reads its loss; the host is behind the device anyway.
- **every_tenth**: as long_kernels, without preparation, and only every tenth step reads its loss.
- **far_ahead**: 3,000 launches are queued before any of them is waited for. The launch queue is full, the device busy.

    gpu-trace run samples/limits/read_backs.py --case long_kernels
"""

from __future__ import annotations

import time

import steps
import torch


def _busy(ms: float) -> None:
    """Python that computes for so long."""
    until = time.perf_counter() + ms / 1e3
    while time.perf_counter() < until:
        sum(range(100))


def long_kernels(small: bool, every: int = 1, prepares_ms: float = 3) -> steps.Step:
    matrix = torch.randn(128 if small else 8192, 128 if small else 4096, device=steps.DEVICE)

    def step(number: int) -> None:
        loss = (matrix @ matrix.T).mean()
        if number % every == 0:
            loss.item()
        _busy(prepares_ms)

    return step


def short_kernels(small: bool) -> steps.Step:
    x = torch.randn(64, 64, device=steps.DEVICE)

    def step(_number: int) -> None:
        y = x
        for _ in range(20 if small else 300):
            y = y + 1
        y.sum().item()

    return step


def far_ahead(small: bool) -> steps.Step:
    matrix = torch.randn(64 if small else 2048, 64 if small else 2048, device=steps.DEVICE)

    def step(_number: int) -> None:
        for _ in range(20 if small else 3000):
            torch.mm(matrix, matrix)

    return step


CASES = {
    "long_kernels": long_kernels,
    "short_kernels": short_kernels,
    "every_tenth": lambda small: long_kernels(small, every=10, prepares_ms=0),
    "far_ahead": far_ahead,
}

if __name__ == "__main__":
    steps.main(__doc__, CASES, 12)
