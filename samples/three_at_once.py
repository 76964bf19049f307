"""The CPU computes, the GPU computes, and the link between them carries data: all three concurrently?

Three jobs are independent of each other: matrix products on the CPU, matrix products on the GPU, and copies of pinned
memory to the GPU. Each runs alone (**cpu_only**, **gpu_only**, **link_only**). Then they run **in_turns**, each waiting
for the one before, and then **all_at_once**. Only the first job occupies the host. For the other two, the host enqueues
operations, on one stream each, and goes on. So **all_at_once** needs no threads, and takes about as long as the longest
of the three.

    python samples/three_at_once.py
    gpu-trace run samples/three_at_once.py --variant in_turns --variant all_at_once

Look at the ranges: the copies of **in_turns** are exposed, those of **all_at_once** are hidden, and the host's range
"cpu job" overlaps the busy GPU. (``--level ops`` shows the operators of the CPU in it.)

Without a GPU, three threads replace them: two multiply, one copies memory to memory. The number of cores limits the
gain: three jobs on two cores take at least half of the time they take in turns. The first line prints that number.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import nvtx
import torch
import variants

if TYPE_CHECKING:
    from collections.abc import Callable

ON_GPU = torch.cuda.is_available()


class Job:
    """The same operation repeated: `launch` begins it and may return early, `wait` waits for its end."""

    def __init__(self, name: str, times: int, operation: Callable[[], torch.Tensor], expected: torch.Tensor) -> None:
        self.name = name
        self.times = times
        self.operation = operation
        self.expected = expected
        self.result = expected

    def launch(self) -> None:
        with nvtx.annotate(f"{self.name} job", color="cyan"):
            for _ in range(self.times):
                self.result = self.operation()

    def wait(self) -> None:
        """Return: the host itself did the job in `launch`."""

    def check(self) -> None:
        """Raise unless the last operation gave the expected result. Then overwrite it."""
        torch.testing.assert_close(self.result, self.expected, rtol=1e-3, atol=1e-3)
        self.result.zero_()


class StreamJob(Job):
    """A job for the GPU, on a stream of its own."""

    def __init__(self, name: str, times: int, operation: Callable[[], torch.Tensor], expected: torch.Tensor) -> None:
        super().__init__(name, times, operation, expected)
        self.stream = torch.cuda.Stream()

    def launch(self) -> None:
        with torch.cuda.stream(self.stream):
            super().launch()

    def wait(self) -> None:
        self.stream.synchronize()


class ThreadJob(Job):
    """A job for a thread of the CPU."""

    def __init__(self, name: str, times: int, operation: Callable[[], torch.Tensor], expected: torch.Tensor) -> None:
        super().__init__(name, times, operation, expected)
        self.thread = ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,))
        self.pending: Future[None] = self.thread.submit(lambda: None)

    def launch(self) -> None:
        self.pending = self.thread.submit(super().launch)

    def wait(self) -> None:
        self.pending.result()


def product(size: int, device: str) -> tuple[Callable[[], torch.Tensor], torch.Tensor]:
    """One matrix product, and its expected result."""
    matrix = torch.randn(size, size, device=device) / size**0.5
    result = torch.zeros_like(matrix)
    return lambda: torch.mm(matrix, matrix, out=result), matrix @ matrix


def copy(size: int) -> tuple[Callable[[], torch.Tensor], torch.Tensor]:
    """One copy over the link, and its expected result; without a GPU, a transposing copy from memory to memory."""
    source = torch.randn(size, size, pin_memory=ON_GPU)
    there = torch.zeros(size, size, device="cuda") if ON_GPU else torch.zeros(size, size).t()
    return lambda: there.copy_(source, non_blocking=True), source.to(there.device, copy=True)


def cpu_only(jobs: list[Job]) -> list[Job]:
    return in_turns(jobs[2:])


def gpu_only(jobs: list[Job]) -> list[Job]:
    return in_turns(jobs[:1])


def link_only(jobs: list[Job]) -> list[Job]:
    return in_turns(jobs[1:2])


def in_turns(jobs: list[Job]) -> list[Job]:
    for job in jobs:
        job.launch()
        job.wait()
    return jobs


def all_at_once(jobs: list[Job]) -> list[Job]:
    for job in jobs:  # the CPU's own comes last: its launch is the whole job
        job.launch()
    for job in jobs:
        job.wait()
    return jobs


VARIANTS = {
    "cpu_only": cpu_only,
    "gpu_only": gpu_only,
    "link_only": link_only,
    "in_turns": in_turns,
    "all_at_once": all_at_once,
}


def check(jobs: list[Job]) -> None:
    for job in jobs:
        job.check()


def main() -> None:
    options = variants.parser(__doc__, VARIANTS)
    options.add_argument("--cpu-size", type=int, default=2000 if ON_GPU else 500, help="size of the CPU's matrices")
    options.add_argument("--gpu-size", type=int, default=4000 if ON_GPU else 500, help="size of the GPU's matrices")
    options.add_argument(
        "--link-size", type=int, default=8000 if ON_GPU else 1000, help="size of the matrices on the link"
    )
    options.add_argument("--cpu-times", type=int, default=8 if ON_GPU else 15)
    options.add_argument("--gpu-times", type=int, default=40 if ON_GPU else 15)
    options.add_argument("--link-times", type=int, default=15 if ON_GPU else 40)
    args = options.parse_args()
    cores = variants.cores()
    if ON_GPU:
        where = f"{torch.cuda.get_device_name()}, {cores} CPU cores"
    else:
        where = f"no GPU here: three threads stand in, on {cores} core{'s' if cores > 1 else ''}"
        torch.set_num_threads(1)
    print(f"products on the CPU, products on the GPU, copies over the link ({where})")
    queued, own = (StreamJob, Job) if ON_GPU else (ThreadJob, ThreadJob)
    jobs = [
        queued("gpu", args.gpu_times, *product(args.gpu_size, "cuda" if ON_GPU else "cpu")),
        queued("link", args.link_times, *copy(args.link_size)),
        own("cpu", args.cpu_times, *product(args.cpu_size, "cpu")),
    ]
    variants.run(jobs, VARIANTS, check, args.variant, args.repeats)


if __name__ == "__main__":
    main()
