"""Decoding with a cache of keys and values in host memory. Each layer's cache is copied to the GPU, its new entry back.

- **before** copies on the stream of the compute: the cache just before its layer, the new entry just after it.
- **after** has a side stream for each direction. While a layer computes, the cache of the next is copied into the other
  one of two buffers.

    gpu-trace run --dependencies --range measured samples/what_if/kv_cache.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from streams import DEVICE, Event, Stream, current_stream, pinned, stream
from torch.nn.functional import layer_norm

BUFFERS = 2


class Layer:
    """The weights of attention, in which many queries share each head of the cache, and of two linear layers."""

    def __init__(self, width: int, heads: int, features: int) -> None:
        self.heads, self.features = heads, features
        self.query, self.out = weights(width, width), weights(width, width)
        self.key_value = torch.stack([weights(width, heads * features) for _ in range(2)])
        self.up, self.down = weights(width, 4 * width), weights(4 * width, width)

    def entry(self, rows: torch.Tensor) -> torch.Tensor:
        """Key and value of a token of each sequence: (2, sequence, head, feature)."""
        return (normal(rows) @ self.key_value).unflatten(-1, (self.heads, self.features))

    def output(self, rows: torch.Tensor, cache: torch.Tensor) -> torch.Tensor:
        """What a token of each sequence becomes; its own entry is the last of the cache."""
        rows = rows + self.attention(normal(rows), cache) @ self.out
        return rows + torch.relu(normal(rows) @ self.up) @ self.down

    def attention(self, rows: torch.Tensor, cache: torch.Tensor) -> torch.Tensor:
        keys, values = cache.unbind(1)
        queries = (rows @ self.query).unflatten(-1, (self.heads, -1, self.features))
        shares = torch.softmax(queries @ keys.permute(1, 2, 3, 0) / self.features**0.5, dim=-1)
        return (shares @ values.permute(1, 2, 0, 3)).flatten(1)


class Decoder:
    """Layers, a pinned cache for each of (token, key or value, sequence, head, feature), and the newest tokens."""

    def __init__(self, small: bool) -> None:
        width, heads, features, layers = (64, 2, 16, 3) if small else (8192, 2, 128, 4)
        sequences, self.prompt, steps = (8, 5, 3) if small else (512, 128, 24)
        places = self.prompt + steps
        shape = (places, 2, sequences, heads, features)
        self.layers = [Layer(width, heads, features) for _ in range(layers)]
        self.caches = [pinned(torch.randn(shape, device=DEVICE, dtype=torch.bfloat16)) for _ in self.layers]
        self.first = torch.randn(sequences, width, device=DEVICE, dtype=torch.bfloat16)
        self.rows = self.first
        self.turns = [(place, layer) for place in range(self.prompt, places) for layer in range(layers)]
        self.buffers = [torch.empty(shape, device=DEVICE, dtype=torch.bfloat16) for _ in range(BUFFERS)]
        self.into, self.out = Stream(), Stream()

    def reset(self) -> None:
        self.rows = self.first
        repetitions.spoil(cache[self.prompt :] for cache in self.caches)

    def results(self) -> list[torch.Tensor]:
        return [self.rows, *self.caches]

    def advance(self, layer: int, place: int, cache: torch.Tensor) -> torch.Tensor:
        """Send the tokens at a place through a layer; the entry goes into its cache on the GPU, and is returned."""
        entry = self.layers[layer].entry(self.rows)
        cache[place].copy_(entry)
        self.rows = self.layers[layer].output(self.rows, cache[: place + 1])
        return entry


def weights(rows: int, columns: int) -> torch.Tensor:
    return (torch.randn(rows, columns, device=DEVICE) / rows**0.5).bfloat16()


def normal(rows: torch.Tensor) -> torch.Tensor:
    return layer_norm(rows, rows.shape[-1:])


def on_the_compute_stream(work: Decoder) -> None:
    for place, layer in work.turns:
        cache = work.caches[layer][: place + 1].to(DEVICE, non_blocking=True)  # with room for the new entry
        entry = work.advance(layer, place, cache)
        work.caches[layer][place].copy_(entry, non_blocking=True)


def prefetched(work: Decoder) -> None:
    arrived, done = ([Event() for _ in work.buffers] for _ in range(2))
    left = [Event() for _ in work.caches]
    entries = []  # all are kept: memory given out again would have to wait for the other stream
    work.into.wait_stream(current_stream())

    def fetch(turn: int) -> None:
        place, layer = work.turns[turn]
        slot = turn % BUFFERS
        with stream(work.into):
            done[slot].wait()  # an event that was never recorded is not waited for
            left[layer].wait()
            work.buffers[slot][:place].copy_(work.caches[layer][:place], non_blocking=True)
            arrived[slot].record()

    fetch(0)
    for turn, (place, layer) in enumerate(work.turns):
        if turn + 1 < len(work.turns):
            fetch(turn + 1)
        slot = turn % BUFFERS
        arrived[slot].wait()
        entries.append(work.advance(layer, place, work.buffers[slot]))
        done[slot].record()
        with stream(work.out):
            done[slot].wait()
            work.caches[layer][place].copy_(entries[-1], non_blocking=True)
            left[layer].record()
    repetitions.synchronize()


if __name__ == "__main__":
    repetitions.main(__doc__, Decoder, {"before": on_the_compute_stream, "after": prefetched})
