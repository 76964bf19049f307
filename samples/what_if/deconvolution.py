"""A microscope's volumes are in host memory. They are deblurred on the GPU by Richardson and Lucy's method, with FFTs.

- **before** copies a volume to the GPU, deblurs it and copies it back, on one stream.
- **after** has a side stream for each direction. While a volume is deblurred, the next one arrives in the other one of
  two buffers, and the last one leaves.

    gpu-trace run --dependencies --range measured samples/what_if/deconvolution.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from streams import DEVICE, Event, Stream, current_stream, pinned, pinned_like, stream

BUFFERS = 2
ITERATIONS = 3
SPREAD = 2.0  # of the microscope's Gaussian blur, in voxels


class Deconvolution:
    """Pinned volumes (depth, row, column), pinned memory for the deblurred ones, and the spectrum of the blur."""

    def __init__(self, small: bool) -> None:
        self.shape, count = ((4, 8, 8), 5) if small else ((256, 512, 512), 6)
        self.volumes = [pinned(torch.rand(self.shape, device=DEVICE) + 0.1) for _ in range(count)]
        self.sharp = [pinned_like(volume) for volume in self.volumes]
        self.blur_spectrum = torch.fft.rfftn(gaussian(self.shape))
        self.buffers = [torch.zeros(self.shape, device=DEVICE) for _ in range(BUFFERS)]
        self.into, self.out = Stream(), Stream()

    def reset(self) -> None:
        repetitions.spoil(self.sharp)

    def results(self) -> list[torch.Tensor]:
        return self.sharp

    def deblur(self, volume: torch.Tensor) -> torch.Tensor:
        """The volume that, blurred, becomes more like the given one with each iteration."""
        sharp = volume
        for _ in range(ITERATIONS):
            sharp = sharp * self.blur(volume / self.blur(sharp))
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


def one_stream(work: Deconvolution) -> None:
    for volume, sharp in zip(work.volumes, work.sharp, strict=True):
        result = work.deblur(volume.to(DEVICE, non_blocking=True))
        sharp.copy_(result, non_blocking=True)


def side_streams(work: Deconvolution) -> None:
    arrived, done = ([Event() for _ in work.buffers] for _ in range(2))
    kept = []  # until the end: memory given out again would have to wait for the stream of the copies back
    work.into.wait_stream(current_stream())

    def fetch(place: int) -> None:
        slot = place % BUFFERS
        with stream(work.into):
            done[slot].wait()  # never recorded before the first use, so the first wait returns immediately
            work.buffers[slot].copy_(work.volumes[place], non_blocking=True)
            arrived[slot].record()

    fetch(0)
    for place, sharp in enumerate(work.sharp):
        if place + 1 < len(work.volumes):
            fetch(place + 1)
        slot = place % BUFFERS
        arrived[slot].wait()
        kept.append(work.deblur(work.buffers[slot]))
        done[slot].record()
        with stream(work.out):
            done[slot].wait()
            sharp.copy_(kept[place], non_blocking=True)
    repetitions.synchronize()


if __name__ == "__main__":
    repetitions.main(__doc__, Deconvolution, {"before": one_stream, "after": side_streams})
