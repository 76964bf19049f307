"""Tokens go through a layer of experts, whose weights are in host memory. Each expert takes the tokens it rates best.

How many tokens an expert takes is fixed (expert choice), so the host does not wait for the ratings. Experts of few
tokens compute for a shorter time than their weights are copied, those of many for a longer one.

- **before** copies the weights of an expert on the stream of the compute, just before it computes.
- **after** copies the weights of the next experts on a side stream, into three buffers.

    gpu-trace run --dependencies --range measured samples/what_if/experts.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from streams import DEVICE, Event, Stream, current_stream, pinned, stream
from torch.nn.functional import gelu

BUFFERS = 3
SIXTHS = (2, 4, 2, 6, 2, 4) * 3  # of all tokens, that each expert takes


class Experts:
    """Tokens (token, feature), the router, and pinned weights of each expert: (up or down, hidden feature, feature)."""

    def __init__(self, small: bool) -> None:
        tokens, width, hidden = (48, 16, 32) if small else (24576, 4096, 8192)
        self.tokens = torch.randn(tokens, width, device=DEVICE, dtype=torch.bfloat16)
        self.router = (torch.randn(width, len(SIXTHS), device=DEVICE) / width**0.5).bfloat16()
        self.weights = [pinned(up_and_down(width, hidden)) for _ in SIXTHS]
        self.capacities = [sixths * tokens // 6 for sixths in SIXTHS]
        self.sums = torch.zeros_like(self.tokens)
        self.buffers = [torch.zeros_like(self.weights[0], device=DEVICE) for _ in range(BUFFERS)]
        self.side = Stream()

    def reset(self) -> None:
        self.sums.zero_()

    def results(self) -> list[torch.Tensor]:
        return [self.sums]

    def route(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """The tokens of each expert, from the one it rates best, and their ratings in a column."""
        ratings = torch.softmax((self.tokens @ self.router).float(), dim=1).t().contiguous()
        ratings, order = ratings.sort(dim=1, descending=True, stable=True)
        return [
            (order[expert, :capacity], ratings[expert, :capacity, None].bfloat16())
            for expert, capacity in enumerate(self.capacities)
        ]

    def compute(self, chosen: torch.Tensor, ratings: torch.Tensor, weights: torch.Tensor) -> None:
        """Add what an expert makes of its tokens."""
        up, down = weights
        made = gelu(self.tokens[chosen] @ up.t()) @ down
        self.sums.index_add_(0, chosen, made.mul_(ratings))


def up_and_down(width: int, hidden: int) -> torch.Tensor:
    return (torch.randn(2, hidden, width, device=DEVICE) / (width * hidden) ** 0.25).bfloat16()


def on_the_compute_stream(work: Experts) -> None:
    for (chosen, ratings), weights in zip(work.route(), work.weights, strict=True):
        work.compute(chosen, ratings, weights.to(DEVICE, non_blocking=True))


def prefetched(work: Experts) -> None:
    arrived, done = ([Event() for _ in work.buffers] for _ in range(2))
    work.side.wait_stream(current_stream())

    def fetch(expert: int) -> None:
        slot = expert % BUFFERS
        with stream(work.side):
            done[slot].wait()  # never recorded before the first use, so the first wait returns immediately
            work.buffers[slot].copy_(work.weights[expert], non_blocking=True)
            arrived[slot].record()

    for expert in range(BUFFERS):
        fetch(expert)
    for expert, (chosen, ratings) in enumerate(work.route()):
        slot = expert % BUFFERS
        arrived[slot].wait()
        work.compute(chosen, ratings, work.buffers[slot])
        done[slot].record()
        if expert + BUFFERS < len(work.weights):
            fetch(expert + BUFFERS)


if __name__ == "__main__":
    repetitions.main(__doc__, Experts, {"before": on_the_compute_stream, "after": prefetched})
