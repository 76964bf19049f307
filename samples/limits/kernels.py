"""Runs in which the kernels themselves, or what starts them, are the limit.

- **float32**, **bfloat16**: products of one size in both types, without a gap.
- **adam_one_by_one**: Adam with ``foreach=False`` over 300 small tensors.
- **adam**: Adam as PyTorch chooses it, over the same tensors.
- **graph_with_copies**: a CUDA graph that computes and copies the result to pinned memory, one after the other.
- **four_threads**: four threads with a stream each launch long products; the device computes all the time.
- **compiled_with_item**: a compiled function with an ``.item()`` in the loop around it.

    gpu-trace run samples/limits/kernels.py --case adam_one_by_one
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import steps
import torch


def products(small: bool, dtype: torch.dtype) -> steps.Step:
    matrix = torch.randn(64 if small else 8192, 64 if small else 8192, device=steps.DEVICE, dtype=dtype)

    def step(_number: int) -> None:
        for _ in range(4):
            torch.mm(matrix, matrix)

    return step


def adam(small: bool, foreach: bool | None) -> steps.Step:
    tensors = [torch.randn(1 << 12, device=steps.DEVICE, requires_grad=True) for _ in range(10 if small else 300)]
    for tensor in tensors:
        tensor.grad = torch.randn_like(tensor)
    optimizer = torch.optim.Adam(tensors, foreach=foreach)
    return lambda _number: optimizer.step()


def graph_with_copies(small: bool) -> steps.Step:
    matrix = torch.randn(64 if small else 8192, 64 if small else 8192, device=steps.DEVICE)
    results = [torch.empty_like(matrix, device="cpu") for _ in range(4)]
    if not steps.ON_GPU:
        return products(small, torch.float32)
    results = [result.pin_memory() for result in results]
    torch.mm(matrix, matrix)
    captured = torch.cuda.CUDAGraph()
    with torch.cuda.graph(captured):
        for result in results:
            result.copy_(torch.mm(matrix, matrix), non_blocking=True)

    def step(_number: int) -> None:
        captured.replay()

    return step


def four_threads(small: bool) -> steps.Step:
    matrix = torch.randn(64 if small else 8192, 64 if small else 8192, device=steps.DEVICE)
    pool = ThreadPoolExecutor(4)

    def work(_thread: int) -> None:
        if not steps.ON_GPU:
            torch.mm(matrix, matrix)
            return
        with torch.cuda.stream(torch.cuda.Stream()):
            for _ in range(4):
                torch.mm(matrix, matrix)
            torch.cuda.current_stream().synchronize()

    return lambda _number: list(pool.map(work, range(4)))


def compiled_with_item(small: bool) -> steps.Step:
    x = torch.randn(64 if small else 4096, 64 if small else 4096, device=steps.DEVICE)

    @torch.compile
    def function(x: torch.Tensor, factor: float) -> torch.Tensor:
        return (x.sin() * factor + x.cos()).relu().sum()

    def step(_number: int) -> None:
        total = 1.0
        for _ in range(10):
            total = function(x, 1.5).item()
        assert math.isfinite(total)

    return step


CASES = {
    "float32": lambda small: products(small, torch.float32),
    "bfloat16": lambda small: products(small, torch.bfloat16),
    "adam_one_by_one": lambda small: adam(small, foreach=False),
    "adam": lambda small: adam(small, foreach=None),
    "graph_with_copies": graph_with_copies,
    "four_threads": four_threads,
    "compiled_with_item": compiled_with_item,
}

if __name__ == "__main__":
    steps.main(__doc__, CASES, 20)
