"""Training with layers spread over the ranks (pipeline parallel, 1F1B): how much time is the bubble?

Each rank has some of the layers, a stage. A batch is split into pieces, so that all stages have one to compute, forward
and backward alternately. At the start of a step the last stage waits for the first piece, and at its end the first
stage waits for the last gradient. With ``s`` stages and ``m`` pieces that takes ``(s - 1) / (m + s - 1)`` of a step.

    gpu-trace run --nproc-per-node 2 samples/jobs/pipeline.py
"""

from __future__ import annotations

import jobs
import torch
from torch import nn
from torch.distributed.pipelining import PipelineStage, Schedule1F1B


def main() -> None:
    options = jobs.parser(__doc__)
    options.add_argument("--pieces", type=int, default=4, help="pieces per batch")
    args = options.parse_args()
    jobs.join()
    layers = jobs.network(args.layers, args.width)
    first, last = (args.layers * rank // jobs.WORLD for rank in (jobs.RANK, jobs.RANK + 1))
    own = nn.Sequential(*layers[first:last])
    stage = PipelineStage(own, jobs.RANK, jobs.WORLD, jobs.DEVICE)
    schedule = Schedule1F1B(stage, args.pieces, loss_fn=nn.functional.mse_loss)
    optimizer = torch.optim.AdamW(own.parameters(), lr=1e-4)
    torch.manual_seed(0)
    x = torch.randn(args.batch, args.width, device=jobs.DEVICE)

    def step() -> None:
        optimizer.zero_grad()
        if jobs.RANK == 0:
            schedule.step(x)
        elif jobs.RANK == jobs.WORLD - 1:
            schedule.step(target=x)
        else:
            schedule.step()
        optimizer.step()

    jobs.run(step, args)


if __name__ == "__main__":
    main()
