"""A collective that is launched too late: behind kernels that it does not depend on.

Each step makes an array, launches many small kernels that do not need it, and only then adds the array up over the
ranks. The device has the array long before; it runs dry while it waits for the sum. ``--first`` launches the sum first,
and the small kernels run beside it.

    torchrun --nproc-per-node 2 samples/jobs/order.py
    gpu-trace run --nproc-per-node 2 samples/jobs/order.py

The trace of one rank alone says it: with all ranks, the time of the sum is its transfer.
"""

from __future__ import annotations

from contextlib import nullcontext

import jobs
import torch
import torch.distributed as dist

SMALL = 300 if jobs.ON_GPU else 10
"""kernels that do not need the sum"""
SIZE = 8192 if jobs.ON_GPU else 128


def main() -> None:
    options = jobs.parser(__doc__)
    options.add_argument("--first", action="store_true", help="launch the sum before the kernels that do not need it")
    args = options.parse_args()
    jobs.join()
    side = torch.cuda.Stream() if jobs.ON_GPU else None
    array, other = torch.randn(SIZE, SIZE, device=jobs.DEVICE), torch.randn(1024, device=jobs.DEVICE)

    def add_up(made: torch.cuda.Event | None) -> None:
        with torch.cuda.stream(side) if side else nullcontext():
            if side and made:
                side.wait_event(made)
            dist.all_reduce(array)

    def small() -> None:
        for _ in range(SMALL):
            other.mul_(0.5).add_(1)

    def step() -> None:
        array.fill_(jobs.RANK).add_(1)
        made = torch.cuda.current_stream().record_event() if side else None
        if args.first:
            add_up(made)
        small()
        if not args.first:
            add_up(made)
        if side:
            torch.cuda.current_stream().wait_stream(side)
        array.mul_(0.5)

    jobs.run(step, args)


if __name__ == "__main__":
    main()
