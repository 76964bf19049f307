"""The gradients of a network go to host memory after each micro-batch, and the host adds them up.

- **before** copies them on the stream of the compute after the backward pass, waits for them, and adds.
- **after** copies each on a side stream as soon as it is there. The host adds those of a micro-batch, layer by layer as
  they arrive, while the next micro-batch computes.

    gpu-trace run --dependencies --range measured samples/what_if/gradients_to_host.py --case before --repeats 1
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import repetitions
import torch
from streams import DEVICE, ON_GPU, Event, Stream, current_stream, pinned_like, stream
from torch import nn

sys.path.append(str(Path(__file__).parents[1]))
import variants


class Training:
    """A network, its micro-batches, pinned memory for the gradients of two of them, and their sums on the host."""

    def __init__(self, small: bool) -> None:
        torch.set_num_threads(max(1, variants.cores() * 3 // 4) if ON_GPU else 1)
        width, rows, layers, count = (32, 8, 3, 4) if small else (2048, 3072, 6, 12)
        self.weights = [nn.Linear(width, width, bias=False) for _ in range(layers)]
        self.network = nn.Sequential(*(nn.Sequential(layer, nn.ReLU()) for layer in self.weights)).to(DEVICE)
        self.inputs, self.wanted = torch.randn(2, count, rows, width, device=DEVICE)
        self.halves = [[pinned_like(layer.weight) for layer in self.weights] for _ in range(2)]
        self.sums = [torch.zeros(layer.weight.shape) for layer in self.weights]
        self.side = Stream()

    def reset(self) -> None:
        for half in self.halves:
            repetitions.spoil(half)
        for total in self.sums:
            total.zero_()

    def results(self) -> list[torch.Tensor]:
        return self.sums

    def backward(self, place: int) -> list[torch.Tensor]:
        """The gradients of a micro-batch, by layer."""
        nn.functional.mse_loss(self.network(self.inputs[place]), self.wanted[place]).backward()
        gradients = [layer.weight.grad for layer in self.weights]
        self.network.zero_grad()
        return gradients

    def add(self, place: int, layer: int) -> None:
        """Let the host add what arrived."""
        self.sums[layer].add_(self.halves[place % 2][layer])

    def last_to_first(self) -> list[int]:
        """The layers, in the order in which their gradients are computed."""
        return list(reversed(range(len(self.weights))))


def in_turns(work: Training) -> None:
    for place in range(len(work.inputs)):
        gradients = work.backward(place)
        for layer in work.last_to_first():
            work.halves[place % 2][layer].copy_(gradients[layer], non_blocking=True)
        current_stream().synchronize()
        for layer in work.last_to_first():
            work.add(place, layer)


def one_late(work: Training) -> None:
    arrived = [[Event() for _ in half] for half in work.halves]
    kept = []  # all gradients are: memory given out again would have to wait for the side stream

    def leave(layer: int, weight: torch.Tensor) -> None:
        slot = len(kept) % 2
        ready = Event()
        ready.record()
        with stream(work.side):
            ready.wait()
            work.halves[slot][layer].copy_(weight.grad, non_blocking=True)
            arrived[slot][layer].record()

    def add(place: int) -> None:
        for layer in work.last_to_first():
            arrived[place % 2][layer].synchronize()
            work.add(place, layer)

    hooks = [
        layer.weight.register_post_accumulate_grad_hook(partial(leave, number))
        for number, layer in enumerate(work.weights)
    ]
    for place in range(len(work.inputs)):
        kept.append(work.backward(place))
        if place > 0:
            add(place - 1)
    add(len(work.inputs) - 1)
    for hook in hooks:
        hook.remove()


if __name__ == "__main__":
    repetitions.main(__doc__, Training, {"before": in_turns, "after": one_late})
