"""Training with every layer split over the ranks (tensor parallel): what does the next layer have to wait for?

Each rank computes a part of each product, by columns and then by rows. The results of the second product are parts of a
sum, so every layer ends, forward and backward, in an all-reduce that the next layer needs. No compute is left to
overlap with it.

    gpu-trace run --nproc-per-node 2 samples/jobs/tensor_parallel.py
"""

from __future__ import annotations

import jobs
import torch
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module


def main() -> None:
    args = jobs.parser(__doc__).parse_args()
    jobs.join()
    mesh = init_device_mesh(jobs.DEVICE.type, (jobs.WORLD,))
    model = jobs.network(args.layers, args.width)
    for block in model:
        parallelize_module(block, mesh, {"up": ColwiseParallel(), "down": RowwiseParallel()})
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, foreach=False)
    torch.manual_seed(0)  # all ranks have the same batch
    x = torch.randn(args.batch, args.width, device=jobs.DEVICE)

    def step() -> None:
        loss = nn.functional.mse_loss(model(x), x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    jobs.run(step, args)


if __name__ == "__main__":
    main()
