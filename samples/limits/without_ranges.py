"""Loops as people write them: no range names a step, and no step ends with a wait that its script does not need.

- **item_every_step**: a small network trained with Adam, whose loss is read in each step.
- **convolutions**: a convolutional network and its data on the device.
- **pageable_batches**: each step copies 256 MB of pageable memory to the device, and computes for a moment.
- **empty_cache**: each step allocates 3 GB, computes, and empties PyTorch's cache.
- **results_pageable**, **results_pinned**: each step's product of 128 MB is copied to the host, with ``.cpu()`` or into
  pinned memory on the same stream.
- **sleeps**: three short products, then the host sleeps for 5 ms.
- **nonzero**: two products, a ``nonzero()``, then 3 ms of Python.
- **graph**: a CUDA graph of eight products is replayed.
- **accumulate**: gradients of four steps are accumulated, and every fifth step evaluates.
- **tokens**: a small transformer layer decodes token by token, and no token is read back.
- **transforms**: a data loader without workers takes 8 ms for a batch that the device needs 1 ms for.
- **prefetched**: batches are copied on a side stream while the products of the batch before run.

    gpu-trace run samples/limits/without_ranges.py --case nonzero
"""

from __future__ import annotations

import itertools
import statistics
import time
from typing import TYPE_CHECKING

import steps
import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Iterable

HALF = torch.bfloat16
DATASET = torch.utils.data.Dataset[torch.Tensor]


def _busy(ms: float) -> None:
    until = time.perf_counter() + ms / 1e3
    while time.perf_counter() < until:
        sum(range(100))


def _square(size: int, small: bool) -> torch.Tensor:
    size = 64 if small else size
    return torch.randn(size, size, device=steps.DEVICE, dtype=HALF)


def item_every_step(small: bool) -> steps.Step:
    model = nn.Sequential(*[nn.Linear(128, 128) for _ in range(2 if small else 12)]).to(steps.DEVICE)
    optimizer = torch.optim.Adam(model.parameters())
    x = torch.randn(64, 128, device=steps.DEVICE)

    def step(_number: int) -> None:
        loss = model(x).square().mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        loss.item()

    return step


def convolutions(small: bool) -> steps.Step:
    layers = [nn.Conv2d(16, 128, 3, padding=1), nn.ReLU(), nn.Conv2d(128, 128, 3, padding=1), nn.ReLU()]
    model = nn.Sequential(*layers, nn.Conv2d(128, 64, 3, padding=1)).to(steps.DEVICE)
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    x = torch.randn(1 if small else 64, 16, *(8, 8) if small else (112, 112), device=steps.DEVICE)

    def step(_number: int) -> None:
        model(x).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def pageable_batches(small: bool) -> steps.Step:
    weights, batch = _square(4096, small), torch.randn(64, 64 if small else 1 << 20)

    def step(_number: int) -> None:
        on_device = batch.to(steps.DEVICE, non_blocking=True)
        for _ in range(2):
            torch.mm(weights, weights)
        on_device.sum()

    return step


def empty_cache(small: bool) -> steps.Step:
    weights = _square(4096, small)

    def step(_number: int) -> None:
        buffers = [torch.empty(1 << (8 if small else 28), device=steps.DEVICE) for _ in range(3)]
        torch.mm(weights, weights)
        buffers.clear()
        if steps.ON_GPU:
            torch.cuda.empty_cache()

    return step


def results(small: bool, pinned: bool) -> steps.Step:
    weights = _square(8192, small)
    target = torch.empty(weights.shape, dtype=HALF, pin_memory=pinned and steps.ON_GPU)

    def step(_number: int) -> None:
        product = weights @ weights
        if pinned:
            target.copy_(product, non_blocking=True)
        else:
            product.cpu()

    return step


def sleeps(small: bool) -> steps.Step:
    weights = _square(4096, small)

    def step(_number: int) -> None:
        for _ in range(3):
            torch.mm(weights, weights)
        time.sleep(0.005)

    return step


def nonzero(small: bool) -> steps.Step:
    weights, values = _square(8192, small), torch.rand(1 << 20, device=steps.DEVICE)

    def step(_number: int) -> None:
        for _ in range(2):
            torch.mm(weights, weights)
        (values > 0.5).nonzero()
        _busy(3)

    return step


def graph(small: bool) -> steps.Step:
    weights = _square(4096, small)

    def products() -> None:
        for _ in range(8):
            torch.mm(weights, weights)

    if not steps.ON_GPU:
        return lambda _number: products()
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        products()
    torch.cuda.current_stream().wait_stream(side)
    captured = torch.cuda.CUDAGraph()
    with torch.cuda.graph(captured):
        products()
    return lambda _number: captured.replay()


def accumulate(small: bool) -> steps.Step:
    size = 64 if small else 4096
    model = nn.Sequential(nn.Linear(size, 2 * size), nn.ReLU(), nn.Linear(2 * size, size)).to(steps.DEVICE)
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    x = torch.randn(size, size, device=steps.DEVICE)

    def step(number: int) -> None:
        if number % 5 == 4:
            with torch.no_grad():
                model(x)
            return
        model(x).square().mean().backward()
        if number % 4 == 3:
            optimizer.step()
            optimizer.zero_grad()

    return step


def tokens(_small: bool) -> steps.Step:
    layer = nn.TransformerEncoderLayer(256, 4, 512, batch_first=True).to(steps.DEVICE).eval()
    embedding, head = nn.Embedding(1000, 256).to(steps.DEVICE), nn.Linear(256, 1000).to(steps.DEVICE)
    written = [torch.zeros(1, 1, dtype=torch.long, device=steps.DEVICE)]

    def step(_number: int) -> None:
        with torch.no_grad():
            last = head(layer(embedding(written[0]))[:, -1:]).argmax(-1)
            written[0] = torch.cat((written[0], last), 1)

    return step


class Transformed(DATASET):
    """Items that take 1 ms each."""

    def __len__(self) -> int:
        return 1 << 20

    def __getitem__(self, _place: int) -> torch.Tensor:
        _busy(1)
        return torch.randn(1024)


def transforms(small: bool) -> steps.Step:
    layer, weights = nn.Linear(1024, 4096).to(steps.DEVICE), _square(4096, small)
    batches = iter(torch.utils.data.DataLoader(Transformed(), batch_size=8))

    def step(_number: int) -> None:
        layer(next(batches).to(steps.DEVICE))
        for _ in range(3):
            torch.mm(weights, weights)

    return step


def prefetched(small: bool) -> steps.Step:
    weights, sources = _square(8192, small), [torch.randn(1 << (8 if small else 23)) for _ in range(2)]
    if not steps.ON_GPU:
        return lambda _number: torch.mm(weights, weights)
    sources = [source.pin_memory() for source in sources]
    side, main = torch.cuda.Stream(), torch.cuda.current_stream()

    def fetch(number: int) -> tuple[torch.Tensor, torch.cuda.Event]:
        with torch.cuda.stream(side):
            batch = sources[number % 2].to(steps.DEVICE, non_blocking=True)
            batch.record_stream(main)
            copied = torch.cuda.Event()
            copied.record(side)
        return batch, copied

    fetched = [fetch(0)]

    def step(number: int) -> None:
        batch, copied = fetched.pop()
        fetched.append(fetch(number + 1))
        main.wait_event(copied)
        batch.sum()
        for _ in range(3):
            torch.mm(weights, weights)

    return step


CASES = {
    "item_every_step": item_every_step,
    "convolutions": convolutions,
    "pageable_batches": pageable_batches,
    "empty_cache": empty_cache,
    "results_pageable": lambda small: results(small, pinned=False),
    "results_pinned": lambda small: results(small, pinned=True),
    "sleeps": sleeps,
    "nonzero": nonzero,
    "graph": graph,
    "accumulate": accumulate,
    "tokens": tokens,
    "transforms": transforms,
    "prefetched": prefetched,
}


def run(step: steps.Step, numbers: Iterable[int]) -> None:
    """The loop, which prints what `steps.run` prints."""
    begun = []
    for number in numbers:
        begun.append(time.perf_counter())
        step(number)
    steps.synchronize()
    begun.append(time.perf_counter())
    took_ms = [(after - before) * 1e3 for before, after in itertools.pairwise(begun)]
    print(f"median step {statistics.median(took_ms):.2f} ms, all {sum(took_ms):.1f} ms", flush=True)


if __name__ == "__main__":
    chosen = steps.options(__doc__, CASES, 40)
    torch.manual_seed(0)
    run(CASES[chosen.case](chosen.small), range(chosen.steps))
