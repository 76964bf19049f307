"""The shared part of the samples: run each variant of an experiment, check its result, and print its wall clock.

A variant is a function of the experiment. Every run of it is an NVTX range of its name, from idle to idle, so the same
experiment can be read from the clock and from the trace. The first run of a variant, which allocates memory and loads
kernels, is a range of another name and does not count.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import nvtx
import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Experiment = TypeVar("Experiment")
Result = TypeVar("Result")


def parser(description: str | None, variants: Iterable[str], repeats: int = 3) -> argparse.ArgumentParser:
    """The options of every sample: the variants, and the number of runs; a sample adds its sizes."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--variant", action="append", choices=list(variants), help="can be repeated  [default: all]")
    options.add_argument("--repeats", type=int, default=repeats, help="runs of each variant; the median counts")
    return options


def run(
    experiment: Experiment,
    variants: Mapping[str, Callable[[Experiment], Result]],
    check: Callable[[Result], None],
    chosen: Iterable[str] | None,
    repeats: int,
) -> dict[str, float]:
    """Print and return the median wall clock, in ms, of each chosen variant (None: all).

    ``check`` raises if a result is wrong. Of several ranks, the first prints.
    """
    took_ms = {}
    for name in chosen or variants:
        if name not in variants:
            say(f"{name:22} not on this machine")
            continue
        work = partial(variants[name], experiment)
        with nvtx.annotate(f"warm-up of {name}", color="yellow"):
            check(timed(work)[0])
        took_ms[name] = statistics.median(_measured(name, work, check) for _ in range(repeats))
        say(f"{name:22}{took_ms[name]:10.1f} ms")
    return took_ms


def say(line: str) -> None:
    """Print it unbuffered; of several ranks, only the first does."""
    if os.environ.get("RANK", "0") == "0":
        print(line, flush=True)


def cores() -> int:
    """How many cores this process may use, which can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _measured(name: str, work: Callable[[], Result], check: Callable[[Result], None]) -> float:
    with nvtx.annotate(name, color="green"):
        result, took_ms = timed(work)
    with nvtx.annotate("check", color="yellow"):
        check(result)
    return took_ms


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """The result of ``work``, and its wall clock in ms, from idle to idle of every GPU."""
    synchronize()
    began = time.perf_counter()
    result = work()
    synchronize()
    return result, (time.perf_counter() - began) * 1e3


def synchronize() -> None:
    """Wait until every GPU, if there is one, is idle; as one of several ranks, until the rank's own GPU is."""
    gpus = range(torch.cuda.device_count())
    for device in [torch.cuda.current_device()] if gpus and "LOCAL_RANK" in os.environ else gpus:
        torch.cuda.synchronize(device)
