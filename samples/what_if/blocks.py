"""A product of matrices in blocks, which is a list of tasks: ``samples/dependencies.py`` has both orders.

- **before** is its ``in_order``: every task runs after all earlier ones.
- **after** is its ``scheduled``: a task waits only for the tasks that it needs.

    gpu-trace run --dependencies --range measured samples/what_if/blocks.py --case before --repeats 1
"""

from __future__ import annotations

import sys
from pathlib import Path

import repetitions
import torch

sys.path.append(str(Path(__file__).parents[1]))
import dependencies


class Blocks:
    """The two matrices and their product, in host memory."""

    def __init__(self, small: bool) -> None:
        self.product = dependencies.BlockedProduct(2, 32) if small else dependencies.BlockedProduct(3, 4096)

    def reset(self) -> None:
        for memory in (self.product.c, self.product.sums, self.product.loaded_a, self.product.loaded_b):
            memory.fill_(torch.nan)

    def results(self) -> list[torch.Tensor]:
        return [self.product.c]


def in_order(work: Blocks) -> None:
    dependencies.in_order(work.product)


def scheduled(work: Blocks) -> None:
    dependencies.VARIANTS["scheduled"](work.product)


if __name__ == "__main__":
    repetitions.main(__doc__, Blocks, {"before": in_order, "after": scheduled})
