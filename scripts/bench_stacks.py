"""Measures what sampling Python stacks costs a recorded training loop, and what the sampler itself takes.

Processes of 1, 10 and 100 threads are sampled, of which one computes and the others wait, or all want to compute: the
rate is what the sampler's limit left. Then a loop launches small kernels, as fast as its host can, in one process that
is recorded all the time. It runs in equal blocks, half of them sampled. A pair is the time of some that are sampled and
of as many that are not, in turns; so what differs from process to process, and changes slowly in one, does not differ
between the two.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from gpu_trace.stack_sampling import facts
from gpu_trace.stack_sampling.library import Sampler, built_sampler

if TYPE_CHECKING:
    from collections.abc import Iterator

THREADS = (1, 10, 100)
THREADS_S = 5.0
RESAMPLED = 10_000
TURNS = 8
"""blocks of each kind in a pair"""
COLUMNS = {"threads": 8, "others": 10, "rate Hz": 10, "% of a core": 14, "µs a sample": 13, "missed": 8, "unread": 8}


def train() -> None:
    """The workload: for each line of input a block of steps; it prints how long each block took."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    wide = 256 if device == "cuda" else 32
    layer = torch.nn.TransformerEncoderLayer(wide, 4, wide * 2, batch_first=True)
    model = torch.nn.TransformerEncoder(layer, 12 if device == "cuda" else 2, enable_nested_tensor=False).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4, foreach=False)
    x = torch.randn(8, 32, wide, device=device)

    def steps(count: int) -> float:
        began = time.perf_counter()
        for _ in range(count):
            optimizer.zero_grad()
            model(x).square().mean().backward()
            optimizer.step()
        if device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - began

    steps(5)
    print(os.getpid(), flush=True)
    for line in sys.stdin:
        print(steps(int(line)), flush=True)


def run_threads(count: int, busy: bool) -> None:
    """A process of this many threads, until its input ends."""

    def compute() -> None:
        while True:
            sum(number * number for number in range(1000))

    for _ in range(count - 1):
        threading.Thread(target=compute if busy else threading.Event().wait, daemon=True).start()
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    print(os.getpid(), flush=True)
    compute()


class Sampling:
    """Samples one process, with the sampler of this interpreter, in a new folder each time."""

    def __init__(self, pid: int) -> None:
        path = built_sampler()
        if path is None:
            sys.exit("the stack sampler was not built")
        self._sampler, self._pid = Sampler(path), pid

    def __enter__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        raw = Path(self._folder.name)
        (raw / f"notes-{self._pid}").write_text("recorded_from\t0 1\n")
        self._sampler.begin(raw)
        self._began_ns = time.monotonic_ns()

    def __exit__(self, *_: object) -> None:
        self.wall_ns = time.monotonic_ns() - self._began_ns
        self._sampler.end()
        self.facts = facts.read(Path(self._folder.name)) or facts.Facts()
        self._folder.cleanup()


def pairs(count: int, seconds: float) -> Iterator[tuple[float, float]]:
    """Times of sampled blocks and of as many that were not, each about so many seconds together."""
    with tempfile.TemporaryDirectory() as folder:
        own = [__file__, "--workload", "loop"]
        options = ["run", "-q", "--no-summary", "--no-stacks", "--events", "100000000", "-o", f"{folder}/run"]
        command = [sys.executable, "-m", "gpu_trace", *options, *own]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin
            assert process.stdout
            sampling = Sampling(int(process.stdout.readline()))

            def block(steps: int, sampled: bool) -> float:
                print(steps, file=process.stdin, flush=True)
                if sampled:
                    with sampling:
                        return float(process.stdout.readline())
                return float(process.stdout.readline())

            block(20, sampled=False)
            steps = max(1, round(20 * seconds / TURNS / block(20, sampled=False)))
            block(steps, sampled=True)
            for _ in range(count):
                times = {True: 0.0, False: 0.0}
                for turn in range(TURNS):
                    for sampled in (True, False) if turn % 2 else (False, True):
                        times[sampled] += block(steps, sampled)
                yield times[True], times[False]
            process.stdin.close()


def interval(ratios: list[float]) -> tuple[float, float, float]:
    """The geometric mean of ratios, and the 95 % interval of it by resampling the pairs."""
    logs, draw = [math.log(ratio) for ratio in ratios], random.Random(0)
    means = sorted(statistics.fmean(draw.choices(logs, k=len(logs))) for _ in range(RESAMPLED))
    low, high = means[int(0.025 * RESAMPLED)], means[int(0.975 * RESAMPLED)]
    return math.exp(statistics.fmean(logs)), math.exp(low), math.exp(high)


def measure_pairs(count: int, seconds: float) -> None:
    """Print the times of all pairs, and what sampling costs by them."""
    ratios = []
    for sampled_s, alone_s in pairs(count, seconds):
        ratios.append(sampled_s / alone_s)
        print(f"sampled {sampled_s:.4f} s, not sampled {alone_s:.4f} s, ratio {ratios[-1]:.4f}", flush=True)
    mean, low, high = interval(ratios)
    print(f"{count} pairs: work with stacks takes {mean:.4f} of without; 95 % interval {low:.4f} to {high:.4f}")


def measure_threads(seconds: float) -> None:
    """Print the rate and the cost of sampling processes of some numbers of threads."""
    print("".join(f"{name:>{width}}" for name, width in COLUMNS.items()))
    for others in ("wait", "compute"):
        for threads in THREADS if others == "wait" else THREADS[1:]:
            command = [sys.executable, __file__, "--workload", others, "--threads", str(threads)]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout
                sampling = Sampling(int(process.stdout.readline()))
                with sampling:
                    time.sleep(seconds)
                found = sampling.facts
                process.kill()
            each = next(iter(found.processes.values()))
            rate, share = 1e9 * found.rounds / sampling.wall_ns, 100 * found.cpu_ns / sampling.wall_ns
            cost = found.cpu_ns / 1000 / max(1, each.samples)
            shown = f"{threads:>8}{others:>10}{rate:>10.1f}{share:>14.2f}{cost:>13.1f}{found.missed:>8}{each.unread:>8}"
            print(shown, flush=True)


def main() -> None:
    """Parse the arguments; workloads run themselves again through them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument(
        "--seconds", type=float, default=1.0, help="how long the blocks of each kind in a pair take, about"
    )
    parser.add_argument("--workload", choices=("loop", "wait", "compute"), help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, default=1, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.workload is None:
        measure_threads(THREADS_S)
        measure_pairs(chosen.pairs, chosen.seconds)
    elif chosen.workload == "loop":
        train()
    else:
        run_threads(chosen.threads, chosen.workload == "compute")


if __name__ == "__main__":
    main()
