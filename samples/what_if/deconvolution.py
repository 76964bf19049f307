"""A microscope's volumes are in host memory. They are deblurred on the GPU by Richardson and Lucy's method, with FFTs.

- **before** copies a volume to the GPU, deblurs it and copies it back, on one stream.
- **after** has a side stream for each direction. While a volume is deblurred, the next one arrives in the other one of
  two buffers, and the last one leaves.

    gpu-trace run --dependencies --range measured samples/what_if/deconvolution.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from piecewise import CASES, Piecewise
from streams import DEVICE, pinned, pinned_like

ITERATIONS = 3
SPREAD = 2.0  # of the microscope's Gaussian blur, in voxels


class Deconvolution(Piecewise):
    """Pinned volumes (depth, row, column), pinned memory for the deblurred ones, and the spectrum of the blur."""

    def __init__(self, small: bool) -> None:
        self.shape, count = ((4, 8, 8), 5) if small else ((256, 512, 512), 6)
        volumes = [pinned(torch.rand(self.shape, device=DEVICE) + 0.1) for _ in range(count)]
        super().__init__(volumes, [pinned_like(volume) for volume in volumes])
        self.blur_spectrum = torch.fft.rfftn(gaussian(self.shape))

    def compute(self, _place: int, piece: torch.Tensor) -> torch.Tensor:
        """The volume that, blurred, becomes more like the given one with each iteration."""
        sharp = piece
        for _ in range(ITERATIONS):
            sharp = sharp * self.blur(piece / self.blur(sharp))
        return sharp

    def blur(self, volume: torch.Tensor) -> torch.Tensor:
        """It is its own adjoint, because the Gaussian is symmetric."""
        return torch.fft.irfftn(torch.fft.rfftn(volume).mul_(self.blur_spectrum), s=self.shape)


def gaussian(shape: tuple[int, ...]) -> torch.Tensor:
    """A Gaussian around voxel 0, with sum 1, on a grid whose ends meet."""
    steps = [(torch.fft.fftfreq(length, device=DEVICE) * length / SPREAD) ** 2 for length in shape]
    depths, rows, columns = (torch.exp(-squares / 2) for squares in steps)
    grid = depths[:, None, None] * rows[:, None] * columns
    return grid / grid.sum()


if __name__ == "__main__":
    repetitions.main(__doc__, Deconvolution, CASES)
