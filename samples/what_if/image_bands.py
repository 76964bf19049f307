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
from piecewise import CASES, Piecewise
from streams import DEVICE, pinned, pinned_like
from torch import nn

CHANNELS = 16
CONVOLUTIONS = 3  # each reads a row more above and below


class Filter(Piecewise):
    """A network, and a pinned image (row, column) with a margin, whose bands with their halos overlap."""

    def __init__(self, small: bool) -> None:
        torch.backends.cudnn.allow_tf32, torch.backends.cudnn.deterministic = False, True
        height, width, bands = (16, 32, 4) if small else (1024, 16384, 12)
        self.network = network().to(DEVICE).requires_grad_(requires_grad=False)
        image = pinned(torch.rand(bands * height + 2 * CONVOLUTIONS, width, device=DEVICE))
        with_halos = [image[band * height :][: height + 2 * CONVOLUTIONS] for band in range(bands)]
        super().__init__(with_halos, pinned_like(image[: bands * height]).chunk(bands))

    def compute(self, _place: int, piece: torch.Tensor) -> torch.Tensor:
        """The filtered band, without its halo."""
        return self.network(piece[None])[0]


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


if __name__ == "__main__":
    repetitions.main(__doc__, Filter, CASES)
