"""Text in host memory is prepared for compression, block by block: its letters are sorted by those that follow them.

That is the transform of Burrows and Wheeler, except that at most 32 letters decide.

- **before** copies a block to the GPU, transforms it and copies it back, on one stream.
- **after** has a side stream for each direction. While a block is transformed, the next one arrives in the other one
  of two buffers, and the last one leaves.

    gpu-trace run --dependencies --range measured samples/what_if/block_sorting.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from piecewise import CASES, Piecewise
from streams import DEVICE, pinned, pinned_like

LETTER_BITS, RANK_BITS = 8, 32
KEY_LETTERS = 8  # fill an integer of 64 bits; those of ASCII leave its sign free
ROUNDS = 2  # each doubles the number of letters that decide


class Transform(Piecewise):
    """Pinned blocks of letters of one byte, and pinned memory for the transformed ones."""

    def __init__(self, small: bool) -> None:
        letters, count = (64, 4) if small else (1 << 25, 8)
        blocks = torch.randint(ord("a"), ord("e"), (count, letters), device=DEVICE, dtype=torch.uint8)
        super().__init__([pinned(block) for block in blocks], [pinned_like(block) for block in blocks])
        self.origins = torch.zeros(count, device=DEVICE, dtype=torch.int64)

    def reset(self) -> None:
        self.origins.zero_()
        repetitions.spoil(block.view(torch.float32) for block in self.finished)

    def results(self) -> list[torch.Tensor]:
        return [self.origins, *self.finished]

    def compute(self, place: int, piece: torch.Tensor) -> torch.Tensor:
        """The letters before those that are sorted. Where the block's first one came to is needed to undo it."""
        order = sorted_rotations(piece)
        torch.argmin(order, dim=0, out=self.origins[place])
        return piece.roll(1)[order]


def sorted_rotations(block: torch.Tensor) -> torch.Tensor:
    """The places in a block, whose ends meet, in the order of the letters from there on."""
    keys, order = first_keys(block).sort(stable=True)
    for doubled in range(ROUNDS):
        ranks = ranked(keys, order)
        keys = (ranks << RANK_BITS).bitwise_or_(ranks.roll(-KEY_LETTERS << doubled))
        keys, order = keys.sort(stable=True)
    return order


def first_keys(block: torch.Tensor) -> torch.Tensor:
    """The letters from each place on, as digits of a number."""
    keys, letters = block.long(), 1
    while letters < KEY_LETTERS:
        keys = (keys << LETTER_BITS * letters).bitwise_or_(keys.roll(-letters))
        letters *= 2
    return keys


def ranked(keys: torch.Tensor, order: torch.Tensor) -> torch.Tensor:
    """How many smaller keys there are, those that are equal counted once, for each place; given sorted keys."""
    ranks = torch.zeros_like(keys)
    return ranks.scatter_(0, order[1:], (keys[1:] != keys[:-1]).cumsum(0))


if __name__ == "__main__":
    repetitions.main(__doc__, Transform, CASES)
