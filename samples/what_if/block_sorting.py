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
from streams import DEVICE, Event, Stream, current_stream, pinned, pinned_like, stream

BUFFERS = 2
LETTER_BITS, RANK_BITS = 8, 32
KEY_LETTERS = 8  # fill an integer of 64 bits; those of ASCII leave its sign free
ROUNDS = 2  # each doubles the number of letters that decide


class Transform:
    """Pinned blocks of letters of one byte, and pinned memory for the transformed ones."""

    def __init__(self, small: bool) -> None:
        letters, count = (64, 4) if small else (1 << 25, 8)
        blocks = torch.randint(ord("a"), ord("e"), (count, letters), device=DEVICE, dtype=torch.uint8)
        self.blocks = [pinned(block) for block in blocks]
        self.transformed = [pinned_like(block) for block in self.blocks]
        self.origins = torch.zeros(count, device=DEVICE, dtype=torch.int64)
        self.buffers = [torch.zeros_like(blocks[0]) for _ in range(BUFFERS)]
        self.into, self.out = Stream(), Stream()

    def reset(self) -> None:
        self.origins.zero_()
        repetitions.spoil(block.view(torch.float32) for block in self.transformed)

    def results(self) -> list[torch.Tensor]:
        return [self.origins, *self.transformed]

    def transform(self, place: int, block: torch.Tensor) -> torch.Tensor:
        """The letters before those that are sorted. Where the block's first one came to is needed to undo it."""
        order = sorted_rotations(block)
        torch.argmin(order, dim=0, out=self.origins[place])
        return block.roll(1)[order]


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


def one_stream(work: Transform) -> None:
    for place, block in enumerate(work.blocks):
        result = work.transform(place, block.to(DEVICE, non_blocking=True))
        work.transformed[place].copy_(result, non_blocking=True)


def side_streams(work: Transform) -> None:
    arrived, done = ([Event() for _ in work.buffers] for _ in range(2))
    kept = []  # until the end: memory given out again would have to wait for the stream of the copies back
    work.into.wait_stream(current_stream())

    def fetch(place: int) -> None:
        slot = place % BUFFERS
        with stream(work.into):
            done[slot].wait()  # never recorded before the first use, so the first wait returns immediately
            work.buffers[slot].copy_(work.blocks[place], non_blocking=True)
            arrived[slot].record()

    fetch(0)
    for place, transformed in enumerate(work.transformed):
        if place + 1 < len(work.blocks):
            fetch(place + 1)
        slot = place % BUFFERS
        arrived[slot].wait()
        kept.append(work.transform(place, work.buffers[slot]))
        done[slot].record()
        with stream(work.out):
            done[slot].wait()
            transformed.copy_(kept[place], non_blocking=True)
    repetitions.synchronize()


if __name__ == "__main__":
    repetitions.main(__doc__, Transform, {"before": one_stream, "after": side_streams})
