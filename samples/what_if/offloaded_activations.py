"""Activations that go to host memory in the forward pass, and come back in the backward pass.

- **before** copies on the stream of the compute: each activation when it is there, and back when it is needed.
- **after** has a side stream for each direction. The activation of a layer comes back while a later layer is
  differentiated.

The arithmetic is that of autograd, written out, so that both cases say when each copy is enqueued.

    gpu-trace run --dependencies --range measured samples/what_if/offloaded_activations.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from streams import DEVICE, Event, Stream, current_stream, pinned_like, stream


class Network:
    """Layers of a weight and a ReLU each, and pinned memory for what each layer is given and gives."""

    def __init__(self, small: bool) -> None:
        width, rows, layers = (32, 16, 5) if small else (2048, 8192, 16)
        self.x = torch.randn(rows, width, device=DEVICE)
        self.weights = [torch.randn(width, width, device=DEVICE) / width**0.5 for _ in range(layers)]
        self.gradients = [torch.empty_like(weight) for weight in self.weights]
        self.on_host = [pinned_like(self.x) for _ in range(layers + 1)]
        self.out, self.back = Stream(), Stream()

    def reset(self) -> None:
        repetitions.spoil(self.gradients)
        repetitions.spoil(self.on_host)

    def results(self) -> list[torch.Tensor]:
        return self.gradients

    def backward(self, layer: int, given: torch.Tensor, gave: torch.Tensor, slope: torch.Tensor) -> torch.Tensor:
        """Compute a layer's gradient; the slope with respect to what it gave becomes that to what it was given."""
        slope = slope * (gave > 0)
        torch.mm(given.t(), slope, out=self.gradients[layer])
        return slope @ self.weights[layer].t()


def on_the_compute_stream(work: Network) -> None:
    def offload(place: int, activation: torch.Tensor) -> None:
        work.on_host[place].copy_(activation, non_blocking=True)

    activation = work.x
    offload(0, activation)
    for layer, weight in enumerate(work.weights):
        activation = (activation @ weight).relu_()
        offload(layer + 1, activation)
    del activation
    gave = work.on_host[-1].to(DEVICE, non_blocking=True)
    slope = gave.clone()  # of half the sum of squares
    for layer in reversed(range(len(work.weights))):
        given = work.on_host[layer].to(DEVICE, non_blocking=True)
        slope = work.backward(layer, given, gave, slope)
        gave = given


def side_streams(work: Network) -> None:
    left = [Event() for _ in work.on_host]
    kept = [work.x]  # until the end: memory given out again would have to wait for the other streams
    work.back.wait_stream(current_stream())

    def offload(place: int) -> None:
        ready = Event()
        ready.record()
        with stream(work.out):
            ready.wait()
            work.on_host[place].copy_(kept[place], non_blocking=True)
            left[place].record()

    def fetch(place: int) -> torch.Tensor:
        with stream(work.back):
            left[place].wait()
            kept.append(work.on_host[place].to(DEVICE, non_blocking=True))
            arrived = Event()
            arrived.record()
        arrived.wait()
        return kept[-1]

    offload(0)
    for layer, weight in enumerate(work.weights):
        kept.append((kept[layer] @ weight).relu_())
        offload(layer + 1)
    gave = fetch(len(work.weights))
    slope = gave.clone()
    for layer in reversed(range(len(work.weights))):
        given = fetch(layer)
        slope = work.backward(layer, given, gave, slope)
        gave = given
    repetitions.synchronize()


if __name__ == "__main__":
    repetitions.main(__doc__, Network, {"before": on_the_compute_stream, "after": side_streams})
