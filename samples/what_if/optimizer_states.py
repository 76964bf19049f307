"""Training with Adam, whose moments stay in host memory. Each weight is updated as soon as its gradient is there.

- **before** copies the moments of a weight to the GPU before its update and back after it, on the compute stream.
- **after** has a side stream for each direction. The moments of the next weight are copied ahead, into the other one of
  two buffers.

    gpu-trace run --dependencies --range measured samples/what_if/optimizer_states.py --case before --repeats 1
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import repetitions
import torch
from streams import DEVICE, Event, Stream, current_stream, pinned_like, stream
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable

BUFFERS = 2
RATE, FIRST, SECOND = 1e-3, 0.9, 0.99


class Training:
    """A network, its rows, and pinned moments (first or second, output, input) of each weight."""

    def __init__(self, small: bool) -> None:
        width, rows, layers = (32, 16, 4) if small else (6144, 6144, 5)
        linear = [nn.Linear(width, width, bias=False, device=DEVICE) for _ in range(layers)]
        self.network = nn.Sequential(*(nn.Sequential(layer, nn.ReLU()) for layer in linear))
        self.weights = [layer.weight for layer in linear]
        self.start = [weight.detach().clone() for weight in self.weights]
        self.given, self.wanted = torch.randn(2, rows, width, device=DEVICE)
        self.moments = [pinned_like(weight.expand(2, -1, -1)) for weight in self.weights]
        self.buffers = [torch.empty(2, width, width, device=DEVICE) for _ in range(BUFFERS)]
        self.into, self.out = Stream(), Stream()

    def reset(self) -> None:
        with torch.no_grad():
            for weight, start in zip(self.weights, self.start, strict=True):
                weight.copy_(start)
        for moments in self.moments:
            moments.zero_()

    def results(self) -> list[torch.Tensor]:
        return [*self.weights, *self.moments]

    def step(self, arrived: Callable[[int], None]) -> None:
        """Forward and backward; ``arrived`` is told the layer of each gradient, from the last to the first."""
        hooks = [
            weight.register_post_accumulate_grad_hook(lambda _, layer=layer: arrived(layer))
            for layer, weight in enumerate(self.weights)
        ]
        nn.functional.mse_loss(self.network(self.given), self.wanted).backward()
        for hook in hooks:
            hook.remove()

    @torch.no_grad()
    def update(self, layer: int, moments: torch.Tensor) -> None:
        """Adam's step for one weight, whose moments are on the GPU; without its correction of the first steps."""
        weight, (first, second) = self.weights[layer], moments
        first.lerp_(weight.grad, 1 - FIRST)
        second.mul_(SECOND).addcmul_(weight.grad, weight.grad, value=1 - SECOND)
        weight.addcdiv_(first, second.sqrt().add_(1e-8), value=-RATE)
        weight.grad = None


def on_the_compute_stream(work: Training) -> None:
    def arrived(layer: int) -> None:
        moments = work.moments[layer].to(DEVICE, non_blocking=True)
        work.update(layer, moments)
        work.moments[layer].copy_(moments, non_blocking=True)

    work.step(arrived)


def side_streams(work: Training) -> None:
    fetched, updated, free = ([Event() for _ in work.buffers] for _ in range(3))
    work.into.wait_stream(current_stream())

    def fetch(layer: int) -> None:
        slot = layer % BUFFERS
        with stream(work.into):
            free[slot].wait()  # never recorded before the first use, so the first wait returns immediately
            work.buffers[slot].copy_(work.moments[layer], non_blocking=True)
            fetched[slot].record()

    def arrived(layer: int) -> None:
        slot = layer % BUFFERS
        fetched[slot].wait()
        work.update(layer, work.buffers[slot])
        updated[slot].record()
        with stream(work.out):
            updated[slot].wait()
            work.moments[layer].copy_(work.buffers[slot], non_blocking=True)
            free[slot].record()
        if layer >= BUFFERS:
            fetch(layer - BUFFERS)

    for layer in range(len(work.weights) - BUFFERS, len(work.weights)):
        fetch(layer)
    work.step(arrived)
    repetitions.synchronize()


if __name__ == "__main__":
    repetitions.main(__doc__, Training, {"before": on_the_compute_stream, "after": side_streams})
