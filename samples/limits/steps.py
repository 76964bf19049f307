"""The shared part of these scripts: run a loop of steps, each a range ``step``, and print how long a step takes."""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Step = Callable[[int], object]
    """what one step does; it is given its number"""

ON_GPU = torch.cuda.is_available()
DEVICE = "cuda" if ON_GPU else "cpu"


def synchronize() -> None:
    """Wait until the GPU, if there is one, is idle."""
    if ON_GPU:
        torch.cuda.synchronize()


def options(description: str | None, cases: Iterable[str], steps: int) -> argparse.Namespace:
    """Which case to run, and for how many steps."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", choices=list(cases), required=True)
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--small", action="store_true", help="tiny sizes, to try the script without a GPU")
    return parser.parse_args()


def run(step: Step, count: int) -> None:
    """Run ``step`` for 0, 1, ..., and print the median time from the start of a step to the start of the next."""
    begun = []
    for number in range(count):
        begun.append(time.perf_counter())
        with torch.profiler.record_function("step"):
            step(number)
    synchronize()
    begun.append(time.perf_counter())
    took_ms = [(after - before) * 1e3 for before, after in itertools.pairwise(begun)]
    print(f"median step {statistics.median(took_ms):.2f} ms, all {sum(took_ms):.1f} ms", flush=True)


def main(description: str | None, cases: Mapping[str, Callable[[bool], Step]], steps: int) -> None:
    """Run the chosen case: a function that prepares it, small or not, and gives what a step does."""
    chosen = options(description, cases, steps)
    torch.manual_seed(0)
    step = cases[chosen.case](chosen.small)
    synchronize()
    run(step, chosen.steps)
