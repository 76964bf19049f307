"""The best item of a catalog for each query. The embeddings of the catalog come from the host in pieces.

- **before** copies each piece on the stream of the compute, just before it is searched.
- **after** copies the next piece on a side stream during a search, into the other one of two buffers.

    gpu-trace run --dependencies --range measured samples/what_if/item_search.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from streams import DEVICE, Event, Stream, current_stream, pinned, stream

BUFFERS = 2


class Search:
    """Pinned pieces of the catalog (item, feature), queries (query, feature), and the best of each piece per query."""

    def __init__(self, small: bool) -> None:
        items, features, queries, count = (64, 16, 8, 5) if small else (1 << 20, 256, 1024, 12)
        shape = (items, features)
        self.pieces = [pinned(torch.randint(-127, 128, shape, device=DEVICE, dtype=torch.int8)) for _ in range(count)]
        self.queries = torch.randn(queries, features, device=DEVICE, dtype=torch.bfloat16)
        self.scores = torch.zeros(count, queries, device=DEVICE, dtype=torch.bfloat16)
        self.items = torch.zeros(count, queries, device=DEVICE, dtype=torch.int64)
        self.best = torch.zeros(2, queries, device=DEVICE, dtype=torch.int64)
        self.buffers = [torch.zeros(shape, device=DEVICE, dtype=torch.int8) for _ in range(BUFFERS)]
        self.side = Stream()

    def reset(self) -> None:
        repetitions.spoil([self.scores])
        self.items.zero_()
        self.best.zero_()

    def results(self) -> list[torch.Tensor]:
        return [self.scores, self.items, self.best]

    def search(self, place: int, piece: torch.Tensor) -> None:
        """Find the best item of a piece for each query."""
        scores = self.queries @ piece.bfloat16().t()
        torch.max(scores, dim=1, out=(self.scores[place], self.items[place]))

    def choose(self) -> None:
        """Find the piece with the best item of all, and this item's place there."""
        piece = self.scores.argmax(dim=0, keepdim=True)
        torch.cat([piece, self.items.gather(0, piece)], out=self.best)


def on_the_compute_stream(work: Search) -> None:
    for place, piece in enumerate(work.pieces):
        work.search(place, piece.to(DEVICE, non_blocking=True))
    work.choose()


def prefetched(work: Search) -> None:
    arrived, free = ([Event() for _ in work.buffers] for _ in range(2))
    work.side.wait_stream(current_stream())

    def fetch(place: int) -> None:
        slot = place % BUFFERS
        with stream(work.side):
            free[slot].wait()  # never recorded before the first use, so the first wait returns immediately
            work.buffers[slot].copy_(work.pieces[place], non_blocking=True)
            arrived[slot].record()

    fetch(0)
    for place in range(len(work.pieces)):
        if place + 1 < len(work.pieces):
            fetch(place + 1)
        slot = place % BUFFERS
        arrived[slot].wait()
        work.search(place, work.buffers[slot])
        free[slot].record()
    work.choose()


if __name__ == "__main__":
    repetitions.main(__doc__, Search, {"before": on_the_compute_stream, "after": prefetched})
