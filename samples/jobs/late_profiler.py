"""A job whose script starts torch.profiler itself, on its last rank some seconds later than on the others.

The first all-reduce in the recording then waits for the last rank's profiler, which is not the job's doing: gpu-trace
leaves it out. Each rank writes its own trace.

    torchrun --nproc-per-node 2 samples/jobs/late_profiler.py --traces late_profiler
    gpu-trace summary late_profiler
"""

from __future__ import annotations

import time
from pathlib import Path

import jobs
import torch
import torch.distributed as dist
from torch.profiler import ProfilerActivity, profile, record_function


def main() -> None:
    options = jobs.parser(__doc__)
    options.set_defaults(steps=20)
    options.add_argument("--traces", type=Path, default=Path("late_profiler"), help="folder for the trace of each rank")
    options.add_argument("--late-s", type=float, default=5.0, help="by how much the last rank's profiler starts later")
    args = options.parse_args()
    jobs.join()
    model, sums = jobs.network(args.layers, args.width), torch.zeros(1 << 22, device=jobs.DEVICE)
    x = torch.randn(args.batch, args.width, device=jobs.DEVICE)

    def step() -> None:
        with record_function("step"), torch.no_grad():
            model(x)
            dist.all_reduce(sums)

    for _ in range(jobs.WARM_UP):
        step()
    dist.barrier()
    if jobs.RANK == jobs.WORLD - 1:
        time.sleep(args.late_s)
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if jobs.ON_GPU else [])]
    with profile(activities=activities) as profiler:
        for _ in range(args.steps):
            step()
        if jobs.ON_GPU:
            torch.cuda.synchronize()
    args.traces.mkdir(parents=True, exist_ok=True)
    profiler.export_chrome_trace(str(args.traces / f"trace-rank-{jobs.RANK}.json.gz"))
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
