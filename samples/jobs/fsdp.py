"""Training with sharded weights (FSDP2): are they gathered during compute?

Every rank keeps its share of each layer. Before a layer computes, its weights are gathered from all ranks. After its
backward, its gradients are reduced and scattered to the ranks. Both run on streams of their own: the weights of the
next layer arrive while this one computes.

    gpu-trace run --nproc-per-node 2 samples/jobs/fsdp.py
"""

from __future__ import annotations

import jobs
import torch
from torch import nn
from torch.distributed.fsdp import fully_shard


def main() -> None:
    args = jobs.parser(__doc__).parse_args()
    jobs.join()
    model = jobs.network(args.layers, args.width)
    for block in model:
        fully_shard(block)
    fully_shard(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    torch.manual_seed(jobs.RANK)
    x = torch.randn(args.batch, args.width, device=jobs.DEVICE)

    def step() -> None:
        loss = nn.functional.mse_loss(model(x), x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    jobs.run(step, args)


if __name__ == "__main__":
    main()
