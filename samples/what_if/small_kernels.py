"""64 chains of small kernels that do not depend on each other: each kernel fills a few of the GPU's multiprocessors.

- **before** launches all on one stream.
- **after** has 8 streams, so that several kernels run at the same time.

``small_kernels_graph.py`` has the same kernels in CUDA graphs.

    gpu-trace run --dependencies --range measured samples/what_if/small_kernels.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from streams import DEVICE, Stream, current_stream, stream

STREAMS = 8


class Kernels:
    """For each chain an input and two outputs of few long rows."""

    def __init__(self, small: bool) -> None:
        chains, rows, columns = (8, 2, 256) if small else (64, 8, 524288)
        self.rounds = 2 if small else 6
        self.inputs = [torch.randn(rows, columns, device=DEVICE) for _ in range(chains)]
        self.outputs = [[torch.zeros_like(x) for x in self.inputs] for _ in range(2)]
        self.streams = [Stream() for _ in range(STREAMS)]

    def reset(self) -> None:
        for outputs in self.outputs:
            repetitions.spoil(outputs)

    def results(self) -> list[torch.Tensor]:
        return self.outputs[(self.rounds - 1) % 2]

    def operator(self, chain: int, number: int) -> None:
        """The first of a chain reads its input, each later one the output of the one before."""
        given = self.outputs[(number - 1) % 2] if number else self.inputs
        torch.log_softmax(given[chain], 1, out=self.outputs[number % 2][chain])


def one_stream(work: Kernels) -> None:
    for number in range(work.rounds):
        for chain in range(len(work.inputs)):
            work.operator(chain, number)


def eight_streams(work: Kernels) -> None:
    main = current_stream()
    for side in work.streams:
        side.wait_stream(main)
    for number in range(work.rounds):
        for chain in range(len(work.inputs)):
            with stream(work.streams[chain % STREAMS]):
                work.operator(chain, number)
    for side in work.streams:
        main.wait_stream(side)


if __name__ == "__main__":
    repetitions.main(__doc__, Kernels, {"before": one_stream, "after": eight_streams})
