"""A pipeline of two stages on two GPUs: the first stage's activations of each micro-batch go to the second's GPU.

- **before** copies on the streams of the compute, so the next micro-batch waits for the copy, and the copy for the
  second stage's micro-batch before it.
- **after** copies on side streams into two buffers, while both stages compute.

    gpu-trace run --dependencies --range measured samples/what_if/two_stages.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from streams import Event, Stream, current_stream, stream


class Pipeline:
    """The weights of both stages in bfloat16, the micro-batches on the first GPU, and two buffers on the second."""

    def __init__(self, small: bool) -> None:
        width, rows, count, layers = (64, 16, 5, 2) if small else (2048, 32768, 80, 2)
        self.here, self.there = torch.device("cuda", 0), torch.device("cuda", 1)
        self.stages = [[weights(width, gpu) for _ in range(layers)] for gpu in (self.here, self.there)]
        self.batches = list(torch.randn(count, rows, width, device=self.here, dtype=torch.bfloat16))
        self.buffers = torch.empty(2, rows, width, device=self.there, dtype=torch.bfloat16)
        self.outputs: list[torch.Tensor] = []
        self.leaving, self.arriving = Stream(self.here), Stream(self.there)

    def reset(self) -> None:
        repetitions.spoil(self.outputs)
        self.outputs.clear()

    def results(self) -> list[torch.Tensor]:
        return self.outputs

    def through(self, stage: int, rows: torch.Tensor) -> torch.Tensor:
        for weight in self.stages[stage]:
            rows = (rows @ weight).relu_()
        return rows


def weights(width: int, gpu: torch.device) -> torch.Tensor:
    return (torch.randn(width, width, device=gpu) / width**0.5).bfloat16()


def on_the_compute_streams(work: Pipeline) -> None:
    for batch in work.batches:
        activations = work.through(0, batch)
        work.outputs.append(work.through(1, activations.to(work.there, non_blocking=True)))


def side_streams(work: Pipeline) -> None:
    arrived, done = ([Event() for _ in work.buffers] for _ in range(2))
    first, second = current_stream(work.here), current_stream(work.there)
    kept = []  # all activations are: memory given out again would have to wait for the side stream
    work.arriving.wait_stream(second)
    for place, batch in enumerate(work.batches):
        slot = place % 2
        kept.append(work.through(0, batch))
        work.leaving.wait_stream(first)
        done[slot].wait(work.arriving)  # never recorded before the first use, so the first wait returns immediately
        with stream(work.leaving), stream(work.arriving):  # a copy between GPUs waits for the current stream of both
            work.buffers[slot].copy_(kept[place], non_blocking=True)
        arrived[slot].record(work.arriving)
        arrived[slot].wait(second)
        work.outputs.append(work.through(1, work.buffers[slot]))
        done[slot].record(second)
    repetitions.synchronize()


if __name__ == "__main__":
    repetitions.main(__doc__, Pipeline, {"before": on_the_compute_streams, "after": side_streams}, gpus=2)
