"""Steps of 2 ms of compute, between which the host does something other than launching.

- **python**: it computes in Python for 5 ms.
- **late_launch**: it copies a batch from pinned memory, then computes in Python for 5 ms. Nothing waits for the copy.
- **garbage**: it collects garbage while five million objects live.
- **lock**: another thread frees large lists, and so holds the interpreter's lock.
- **pinned_each_step**: it pins a new buffer of 64 MiB in each step.

    gpu-trace run samples/limits/host_work.py --case garbage
"""

from __future__ import annotations

import gc
import threading
import time
from typing import TYPE_CHECKING

import steps
import torch

if TYPE_CHECKING:
    from collections.abc import Callable


def _busy(ms: float) -> None:
    until = time.perf_counter() + ms / 1e3
    while time.perf_counter() < until:
        sum(range(100))


def between(small: bool, prepare: Callable[[], object]) -> steps.Step:
    matrix = torch.randn(64 if small else 4096, 64 if small else 4096, device=steps.DEVICE)

    def step(_number: int) -> None:
        prepare()
        for _ in range(1 if small else 2):
            torch.mm(matrix, matrix)
        steps.synchronize()

    return step


def late_launch(small: bool) -> steps.Step:
    batch = torch.randn(64 if small else 1 << 22)
    batch = batch.pin_memory() if steps.ON_GPU else batch

    def prepare() -> None:
        batch.to(steps.DEVICE, non_blocking=True)
        _busy(5)

    return between(small, prepare)


def garbage(small: bool) -> steps.Step:
    live = [[number] for number in range(1000 if small else 5_000_000)]
    step = between(small, lambda: (gc.collect(), len(live)))
    gc.disable()
    return step


def lock(small: bool) -> steps.Step:
    def free() -> None:
        while True:
            many = [(number,) for number in range(1000 if small else 100_000)]
            many.clear()

    threading.Thread(target=free, daemon=True, name="frees lists").start()
    x = torch.randn(64, 64, device=steps.DEVICE)

    def step(_number: int) -> None:
        for _ in range(20 if small else 200):
            torch.mm(x, x)
        steps.synchronize()

    return step


def pinned_each_step(small: bool) -> steps.Step:
    def prepare() -> None:
        if steps.ON_GPU:
            torch.cuda.empty_cache()
            kept = torch.empty((64 if not small else 1) << 20, dtype=torch.uint8)
            torch.cuda.cudart().cudaHostRegister(kept.data_ptr(), kept.numel(), 0)
            torch.cuda.cudart().cudaHostUnregister(kept.data_ptr())

    return between(small, prepare)


CASES = {
    "python": lambda small: between(small, lambda: _busy(5)),
    "late_launch": late_launch,
    "garbage": garbage,
    "lock": lock,
    "pinned_each_step": pinned_each_step,
}

if __name__ == "__main__":
    steps.main(__doc__, CASES, 20)
