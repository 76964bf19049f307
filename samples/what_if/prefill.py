"""Prompts go through layers of attention. The keys and values of each layer go to a cache in host memory.

- **before** copies them on the stream of the compute, between the layer's projections and its attention.
- **after** copies them on a side stream, during the layer's attention and the next layer.

    gpu-trace run --dependencies --range measured samples/what_if/prefill.py --case before --repeats 1
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import repetitions
import torch
from streams import DEVICE, Event, Stream, pinned_like, stream
from torch.nn.functional import layer_norm, scaled_dot_product_attention

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Layer:
    """The weights of causal attention; those of keys and values are one matrix."""

    query: torch.Tensor
    key_value: torch.Tensor
    out: torch.Tensor


class Prompts:
    """Layers, the tokens (sequence, token, feature), and a pinned cache per layer: keys, then values, of each token."""

    def __init__(self, small: bool) -> None:
        width, self.heads, sequences, tokens, layers = (32, 2, 2, 8, 3) if small else (4096, 32, 2, 8192, 12)
        self.layers = [Layer(weights(width, 1), weights(width, 2), weights(width, 1)) for _ in range(layers)]
        self.first = torch.randn(sequences, tokens, width, device=DEVICE, dtype=torch.bfloat16)
        self.rows = self.first
        self.caches = [pinned_like(self.first.repeat(1, 1, 2)) for _ in self.layers]
        self.side = Stream()

    def reset(self) -> None:
        self.rows = self.first
        repetitions.spoil(self.caches)

    def results(self) -> list[torch.Tensor]:
        return [self.rows, *self.caches]

    def advance(self, layer: Layer, leave: Callable[[torch.Tensor], None]) -> None:
        """Send the tokens through a layer; ``leave`` is given its keys and values as soon as they are enqueued."""
        rows = layer_norm(self.rows, self.rows.shape[-1:])
        key_value = rows @ layer.key_value
        leave(key_value)
        query, key, value = (self.by_head(each) for each in (rows @ layer.query, *key_value.chunk(2, dim=-1)))
        attended = scaled_dot_product_attention(query, key, value, is_causal=True)
        self.rows = self.rows + attended.transpose(1, 2).flatten(2) @ layer.out

    def by_head(self, rows: torch.Tensor) -> torch.Tensor:
        """A view of them: (sequence, head, token, feature of the head)."""
        return rows.unflatten(-1, (self.heads, -1)).transpose(1, 2)


def weights(width: int, matrices: int) -> torch.Tensor:
    return (torch.randn(width, matrices * width, device=DEVICE) / width**0.5).bfloat16()


def on_the_compute_stream(work: Prompts) -> None:
    for layer, cache in zip(work.layers, work.caches, strict=True):
        work.advance(layer, lambda key_value, cache=cache: cache.copy_(key_value, non_blocking=True))


def side_stream(work: Prompts) -> None:
    kept = []  # until the end: memory given out again would have to wait for the side stream

    def leave(key_value: torch.Tensor) -> None:
        ready = Event()
        ready.record()
        with stream(work.side):
            ready.wait()
            work.caches[len(kept)].copy_(key_value, non_blocking=True)
        kept.append(key_value)

    for layer in work.layers:
        work.advance(layer, leave)
    repetitions.synchronize()


if __name__ == "__main__":
    repetitions.main(__doc__, Prompts, {"before": on_the_compute_stream, "after": side_stream})
