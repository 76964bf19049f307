"""Data-parallel training, as it should be, and with one problem on one rank: does the trace name it?

Every rank has the network and reads its own batches; ``DistributedDataParallel`` averages the gradients while backward
computes them. ``--slow`` makes the last rank late. All others then wait for it, in the all-reduce of their gradients.
Their GPUs look busy, but the last rank is the one to fix:

- **host**: it reads its loss in every step, and then computes in Python for a while before the next step;
- **data**: its data loader takes longer for a batch than the GPU does;
- **gpu**: another process computes on its GPU all the time;
- **start**: it starts its first step a second after the others, once.

    torchrun --nproc-per-node 2 samples/jobs/ddp.py
    gpu-trace run --nproc-per-node 2 samples/jobs/ddp.py --slow data
"""

from __future__ import annotations

import subprocess
import sys
import time

import jobs
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, Dataset

HOST_MS, START_MS = 15, 1000
HOG = """
import torch
x = torch.randn(4096, 4096, device={device!r})
y = x @ x
torch.cuda.synchronize()
print("up", flush=True)
while True:
    for _ in range(8): y = x @ x
    torch.cuda.synchronize()
"""
"""computes on a GPU until it is killed"""


class Batches(Dataset[torch.Tensor]):
    """Batches of random numbers, each of which takes ``ms`` to read."""

    def __init__(self, count: int, batch: int, width: int, ms: float) -> None:
        self._data = torch.randn(count, batch, width)
        self._ms = ms

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, index: int) -> torch.Tensor:
        time.sleep(self._ms / 1e3)
        return self._data[index]


def compute_in_python(ms: float) -> None:
    until = time.perf_counter() + ms / 1e3
    while time.perf_counter() < until:
        pass


def main() -> None:
    options = jobs.parser(__doc__)
    options.add_argument("--slow", choices=("host", "data", "gpu", "start"), help="the problem of the last rank")
    options.add_argument("--read-ms", type=float, default=40, help="time to read a batch, with --slow data")
    args = options.parse_args()
    slow = args.slow if jobs.RANK == jobs.WORLD - 1 else None
    jobs.join()
    hog = start_hog() if slow == "gpu" and jobs.ON_GPU else None
    model = DistributedDataParallel(jobs.network(args.layers, args.width), bucket_cap_mb=25)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    torch.manual_seed(jobs.RANK)
    read_ms = args.read_ms if slow == "data" else 0
    data = Batches(jobs.WARM_UP + args.steps, args.batch, args.width, read_ms)
    batches = iter(DataLoader(data, batch_size=None, pin_memory=jobs.ON_GPU))
    if slow == "start":
        time.sleep(START_MS / 1e3)

    def step() -> None:
        x = next(batches).to(jobs.DEVICE, non_blocking=True)
        loss = nn.functional.mse_loss(model(x), x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if slow == "host":
            loss.item()
            compute_in_python(HOST_MS)

    try:
        jobs.run(step, args)
    finally:
        if hog:
            hog.kill()


def start_hog() -> subprocess.Popen[str]:
    """A process outside the job, and so without its environment."""
    hog = subprocess.Popen(
        [sys.executable, "-I", "-c", HOG.format(device=str(jobs.DEVICE))], stdout=subprocess.PIPE, text=True
    )
    if hog.stdout:
        hog.stdout.readline()
    return hog


if __name__ == "__main__":
    main()
