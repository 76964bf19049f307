"""A satellite image in host memory goes through a convolutional filter in bands of rows, and the filtered image back.

A band is copied with the rows around it that its convolutions read, its halo.

- **before** copies a band to the GPU, filters it and copies it back, on one stream.
- **after** has a side stream for each direction. While a band is filtered, the next one arrives in the other one of two
  buffers, and the last one leaves.

    gpu-trace run --dependencies --range measured samples/what_if/image_bands.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from streams import DEVICE, Event, Stream, current_stream, pinned, pinned_like, stream
from torch import nn

BUFFERS = 2
CHANNELS = 16
CONVOLUTIONS = 3  # each reads a row more above and below


class Filter:
    """A network, and a pinned image (row, column) with a margin, whose bands with their halos overlap."""

    def __init__(self, small: bool) -> None:
        torch.backends.cudnn.allow_tf32, torch.backends.cudnn.deterministic = False, True
        height, width, bands = (16, 32, 4) if small else (1024, 16384, 12)
        self.network = network().to(DEVICE).requires_grad_(requires_grad=False)
        image = pinned(torch.rand(bands * height + 2 * CONVOLUTIONS, width, device=DEVICE))
        self.bands = [image[band * height :][: height + 2 * CONVOLUTIONS] for band in range(bands)]
        self.filtered = pinned_like(image[: bands * height]).chunk(bands)
        self.buffers = [torch.zeros_like(self.bands[0], device=DEVICE) for _ in range(BUFFERS)]
        self.into, self.out = Stream(), Stream()

    def reset(self) -> None:
        repetitions.spoil(self.filtered)

    def results(self) -> list[torch.Tensor]:
        return list(self.filtered)

    def filter(self, band: torch.Tensor) -> torch.Tensor:
        """A band without its halo."""
        return self.network(band[None])[0]


def network() -> nn.Module:
    def convolution(channels_in: int, channels_out: int) -> nn.Module:
        return nn.Conv2d(channels_in, channels_out, kernel_size=3, padding=(0, 1))

    return nn.Sequential(
        convolution(1, CHANNELS),
        nn.ReLU(inplace=True),
        convolution(CHANNELS, CHANNELS),
        nn.ReLU(inplace=True),
        convolution(CHANNELS, 1),
    )


def one_stream(work: Filter) -> None:
    for band, filtered in zip(work.bands, work.filtered, strict=True):
        result = work.filter(band.to(DEVICE, non_blocking=True))
        filtered.copy_(result, non_blocking=True)


def side_streams(work: Filter) -> None:
    arrived, done = ([Event() for _ in work.buffers] for _ in range(2))
    kept = []  # until the end: memory given out again would have to wait for the stream of the copies back
    work.into.wait_stream(current_stream())

    def fetch(place: int) -> None:
        slot = place % BUFFERS
        with stream(work.into):
            done[slot].wait()  # never recorded before the first use, so the first wait returns immediately
            work.buffers[slot].copy_(work.bands[place], non_blocking=True)
            arrived[slot].record()

    fetch(0)
    for place, filtered in enumerate(work.filtered):
        if place + 1 < len(work.bands):
            fetch(place + 1)
        slot = place % BUFFERS
        arrived[slot].wait()
        kept.append(work.filter(work.buffers[slot]))
        done[slot].record()
        with stream(work.out):
            done[slot].wait()
            filtered.copy_(kept[place], non_blocking=True)
    repetitions.synchronize()


if __name__ == "__main__":
    repetitions.main(__doc__, Filter, {"before": one_stream, "after": side_streams})
