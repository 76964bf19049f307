"""A network whose weights stay in host memory and are copied to the device before each layer.

- **pageable**: each weight is copied from pageable memory when its layer needs it.
- **pinned**: from pinned memory, without blocking, on the stream of the compute.
- **prefetched**: from pinned memory, on a side stream, one layer ahead, into two buffers. The link is the limit.

    gpu-trace run samples/limits/streamed_weights.py --case prefetched
"""

from __future__ import annotations

import steps
import torch

LAYERS = 8


def _weights(small: bool, pinned: bool) -> list[torch.Tensor]:
    size = 128 if small else 4096
    found = [torch.randn(size, size) / size**0.5 for _ in range(LAYERS)]
    return [weight.pin_memory() for weight in found] if pinned and steps.ON_GPU else found


def on_demand(small: bool, pinned: bool) -> steps.Step:
    weights = _weights(small, pinned)
    rows = torch.randn(len(weights[0]), len(weights[0]), device=steps.DEVICE)

    def step(_number: int) -> None:
        x = rows
        for weight in weights:
            x = x @ weight.to(steps.DEVICE, non_blocking=pinned)

    return step


def prefetched(small: bool) -> steps.Step:
    weights = _weights(small, pinned=True)
    rows = torch.randn(len(weights[0]) // 8, len(weights[0]), device=steps.DEVICE)
    if not steps.ON_GPU:
        return on_demand(small, pinned=False)
    side, main = torch.cuda.Stream(), torch.cuda.current_stream()
    buffers = [torch.empty_like(weights[0], device="cuda") for _ in range(2)]
    copied, used = [torch.cuda.Event() for _ in buffers], [torch.cuda.Event() for _ in buffers]
    for event in used:
        event.record(main)

    def fetch(layer: int) -> None:
        slot = layer % 2
        with torch.cuda.stream(side):
            side.wait_event(used[slot])
            buffers[slot].copy_(weights[layer % LAYERS], non_blocking=True)
            copied[slot].record(side)

    fetch(0)

    def step(_number: int) -> None:
        x = rows
        for layer in range(LAYERS):
            fetch(layer + 1)
            main.wait_event(copied[layer % 2])
            x = x @ buffers[layer % 2]
            used[layer % 2].record(main)

    return step


CASES = {
    "pageable": lambda small: on_demand(small, pinned=False),
    "pinned": lambda small: on_demand(small, pinned=True),
    "prefetched": prefetched,
}

if __name__ == "__main__":
    steps.main(__doc__, CASES, 20)
