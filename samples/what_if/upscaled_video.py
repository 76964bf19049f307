"""Frames of several cameras in host memory are upscaled by a network that also sees the features of the last frames.

- **before** copies the frames to the GPU, upscales them and copies them back, on one stream.
- **after** has a side stream for each direction. While frames are upscaled, the next ones arrive in the other one of
  two buffers, and the last ones leave.

    gpu-trace run --dependencies --range measured samples/what_if/upscaled_video.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from piecewise import CASES, Piecewise
from streams import DEVICE, pinned, pinned_like
from torch.nn.functional import conv2d, pixel_shuffle, pixel_unshuffle

GATHERED = 4  # as many rows and columns of pixels become channels of one place
SCALE = 2


class Upscaling(Piecewise):
    """A network, and pinned frames of each time, small and upscaled: (camera, 1, row, column), a byte per pixel."""

    def __init__(self, small: bool) -> None:
        torch.backends.cudnn.deterministic = True
        cameras, side, channels, times = (2, 16, 16, 4) if small else (8, 2048, 128, 12)
        shape, upscaled = ((cameras, 1, length, length) for length in (side, SCALE * side))
        frames = [pinned(torch.randint(256, shape, device=DEVICE, dtype=torch.uint8)) for _ in range(times)]
        super().__init__(frames, [pinned_like(torch.empty(upscaled, dtype=torch.uint8)) for _ in frames])
        self.entry, self.memory = weights(GATHERED**2, channels), weights(channels, channels)
        self.middle = [weights(channels, channels) for _ in range(2)]
        self.exit = weights(channels, (GATHERED * SCALE) ** 2)
        self.start = features(torch.zeros(cameras, channels, side // GATHERED, side // GATHERED, device=DEVICE))
        self.state = self.start

    def reset(self) -> None:
        self.state = self.start
        repetitions.spoil(frame.view(torch.bfloat16) for frame in self.finished)

    def compute(self, _place: int, piece: torch.Tensor) -> torch.Tensor:
        """The cameras' frames at the next time; their features are kept for the frames after them."""
        entered = convolved(features(pixel_unshuffle(piece.bfloat16() / 255, GATHERED)), self.entry)
        self.state = entered.add_(convolved(self.state, self.memory)).relu_()
        places = self.state
        for each in self.middle:
            places = convolved(places, each).relu_()
        pixels = pixel_shuffle(convolved(places, self.exit), GATHERED * SCALE)
        return pixels.sigmoid_().mul_(255).byte()


def features(places: torch.Tensor) -> torch.Tensor:
    """In bfloat16, with the channels of a place side by side, as tensor cores read them."""
    return places.bfloat16().contiguous(memory_format=torch.channels_last)


def weights(channels_in: int, channels_out: int) -> torch.Tensor:
    return features(torch.randn(channels_out, channels_in, 3, 3, device=DEVICE) * (2 / (9 * channels_in)) ** 0.5)


def convolved(places: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    return conv2d(places, weights, padding=1)


if __name__ == "__main__":
    repetitions.main(__doc__, Upscaling, CASES)
