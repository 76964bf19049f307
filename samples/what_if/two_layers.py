"""The book's network of two layers, whose gradients the host adds up: ``samples/mlp.py`` has the schedules.

- **before** is its ``serial``: compute, then exchange layer by layer.
- **after** is its ``overlapped``: the gradient of layer 2 travels while layer 1 is still being differentiated.

``two_layers_two_gpus.py`` is the same on two GPUs.

    gpu-trace run --dependencies --range measured samples/what_if/two_layers.py --case before --repeats 1
"""

from __future__ import annotations

import sys
from pathlib import Path

import repetitions
import torch
from streams import DEVICE, ON_GPU

sys.path.append(str(Path(__file__).parents[1]))
import mlp

HOST_THREADS = 4
"""that add gradients up. More are faster, not as steady: on a host of 16 cores, the medians of two processes differed
by 0.1 to 0.5 % with 1 and 4 threads, and by 1 to 4 % with 8 and 12."""


class Network:
    """The replicas on so many devices, and the weights that they agree on."""

    def __init__(self, small: bool, devices: int = 1) -> None:
        width, batch, steps = (32, 8, 2) if small else (4096, 4096, 6)
        torch.set_num_threads(HOST_THREADS if ON_GPU else 1)
        replicas = [torch.device(DEVICE, index) for index in range(devices)] if ON_GPU else [torch.device(DEVICE)]
        self.training = mlp.training_on(replicas, width, batch, steps, pieces=4)

    def reset(self) -> None:
        self.training.reset()

    def results(self) -> list[torch.Tensor]:
        return [self.training.weights]


def serial(work: Network) -> None:
    mlp.serial(work.training)


def overlapped(work: Network) -> None:
    mlp.overlapped(work.training)


CASES = {"before": serial, "after": overlapped}

if __name__ == "__main__":
    repetitions.main(__doc__, Network, CASES)
