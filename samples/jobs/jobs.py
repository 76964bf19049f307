"""The shared part of the jobs: how ranks connect, the network, and the clock of each rank.

A job is started by torchrun, or by ``gpu-trace run --nproc-per-node 2``. With a GPU for each rank the ranks communicate
by NCCL, otherwise by gloo, and all sizes are small.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import nvtx
import torch
import torch.distributed as dist
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable

RANK, WORLD = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
LOCAL_RANK = int(os.environ.get("LOCAL_RANK", "0"))
ON_GPU = torch.cuda.device_count() >= int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
DEVICE = torch.device("cuda", LOCAL_RANK) if ON_GPU else torch.device("cpu")
WARM_UP = 3
"""steps that allocate memory, load kernels and connect the ranks, and do not count"""


class Block(nn.Module):
    """A layer of a transformer without its attention: two products, their norm and activation."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.down(nn.functional.gelu(self.up(self.norm(x))))


def network(layers: int, width: int) -> nn.Sequential:
    """The same weights on all ranks."""
    torch.manual_seed(0)
    with DEVICE:
        return nn.Sequential(*(Block(width) for _ in range(layers)))


def parser(description: str | None) -> argparse.ArgumentParser:
    """The options of every job; a job adds its own."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--layers", type=int, default=4)
    options.add_argument("--width", type=int, default=1536 if ON_GPU else 64)
    options.add_argument("--batch", type=int, default=2048 if ON_GPU else 32, help="examples per rank and step")
    options.add_argument("--steps", type=int, default=6, help=f"steps that count; {WARM_UP} warm-up steps come before")
    options.add_argument("--clocks", type=Path, metavar="FOLDER", help="write the clock of each rank there, as JSON")
    return options


def join() -> None:
    """Connect to the other ranks."""
    if ON_GPU:
        torch.cuda.set_device(DEVICE)
        dist.init_process_group("nccl", device_id=DEVICE)
    else:
        torch.set_num_threads(1)
        dist.init_process_group("gloo")


def run(step: Callable[[], object], args: argparse.Namespace) -> None:
    """Run all steps, and report how long those that count took on this rank, from idle to idle and step by step."""
    for _ in range(WARM_UP):
        with nvtx.annotate("warm-up", color="yellow"):
            step()
    _finish()
    ticks = [_tick()]
    began = time.perf_counter()
    for _ in range(args.steps):
        with nvtx.annotate("step", color="green"):
            step()
        ticks.append(_tick())
    _finish()
    wall_ms = (time.perf_counter() - began) * 1e3
    steps_ms = [round(_between_ms(one, other), 3) for one, other in pairwise(ticks)]
    print(f"rank {RANK}: {args.steps} steps in {wall_ms:.1f} ms, {wall_ms / args.steps:.1f} ms each", flush=True)
    if args.clocks:
        args.clocks.mkdir(parents=True, exist_ok=True)
        clock = {"rank": RANK, "wall_ms": round(wall_ms, 3), "steps_ms": steps_ms}
        (args.clocks / f"clock-rank-{RANK}.json").write_text(json.dumps(clock) + "\n")
    dist.destroy_process_group()


def _finish() -> None:
    if ON_GPU:
        torch.cuda.synchronize()


def _tick() -> torch.cuda.Event | float:
    """A time on the device, when its stream reaches this point; without a GPU, a time on the host."""
    if not ON_GPU:
        return time.perf_counter()
    event = torch.cuda.Event(enable_timing=True)
    event.record()
    return event


def _between_ms(one: torch.cuda.Event | float, other: torch.cuda.Event | float) -> float:
    if isinstance(one, float) or isinstance(other, float):
        return (float(other) - float(one)) * 1e3
    return one.elapsed_time(other)
