"""Measures what recording costs: a transformer's training loop unprofiled, recorded, and under torch.profiler itself.

Each row is a process of its own. ``work`` is the loop by the script's own clock, ``stop`` and ``save`` what follows it
before the process ends, ``parent`` what gpu-trace does afterwards; ``memory`` is the process's peak.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LEVELS = ("gpu", "ops", "full")
WARM_UP = 3
"""steps"""
HEADINGS = ("", "work s", "x", "stop s", "save s", "parent s", "file MB", "memory MB")


def train(steps: int) -> None:
    """The workload: an encoder of many small layers, so that launches and not the GPU set the pace."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    wide = 256 if device == "cuda" else 32
    layer = torch.nn.TransformerEncoderLayer(wide, 4, wide * 2, batch_first=True)
    model = torch.nn.TransformerEncoder(layer, 12, enable_nested_tensor=False).to(device)
    optimizer = torch.optim.Adam(model.parameters(), foreach=False)
    x = torch.randn(8, 32, wide, device=device)

    def step() -> None:
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()

    def finish() -> None:
        if device == "cuda":
            torch.cuda.synchronize()

    for _ in range(WARM_UP):
        step()
    finish()
    began = time.perf_counter()
    for _ in range(steps):
        step()
    finish()
    print(json.dumps({"work_s": time.perf_counter() - began, "memory_mb": _peak_mb()}))


def train_under_torch_profiler(steps: int, path: str, shapes: bool) -> None:
    """The workload as its documentation says to profile it, with operators, and with their shapes."""
    import torch
    from torch.profiler import ProfilerActivity, profile

    if torch.cuda.is_available():
        torch.cuda.init()
    profiler = profile(
        activities=[ProfilerActivity.CPU, *[ProfilerActivity.CUDA] * torch.cuda.is_available()], record_shapes=shapes
    )
    profiler.start()
    train(steps)
    began = time.perf_counter()
    profiler.stop()
    stopped = time.perf_counter()
    profiler.export_chrome_trace(path)
    saved = time.perf_counter()
    print(json.dumps({"stop_s": stopped - began, "save_s": saved - stopped, "memory_mb": _peak_mb()}))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(command: list[str]) -> dict[str, float]:
    """What the workload says of itself, in a process of its own; ``all_s`` is the time until that has ended."""
    began = time.perf_counter()
    shown = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = {"all_s": time.perf_counter() - began}
    for line in shown.stdout.splitlines():
        found |= json.loads(line)
    return found


def recorded(level: str, steps: int, folder: Path, *options: str) -> dict[str, float]:
    """The workload under ``gpu-trace run``; with ``--dependencies`` also how many operators it has, and their cost."""
    run = folder / "-".join((level, *options))
    own = [*options, __file__, "--workload", "plain", "--steps", str(steps)]
    found = measured([sys.executable, "-m", "gpu_trace", "run", "-q", "--level", level, "-o", str(run), *own])
    facts = json.loads((run / "run.json").read_text())
    cost = facts["cost"]
    return (
        found
        | (facts["dependencies"] or {})
        | {
            "stop_s": cost["stop_ns"] / 1e9,
            "save_s": cost["save_ns"] / 1e9,
            "parent_s": found["all_s"] - facts["wall_ns"] / 1e9,
            "file_mb": (run / "trace.json.gz").stat().st_size / 1e6,
        }
    )


def profiled(kind: str, steps: int, folder: Path) -> dict[str, float]:
    """The workload under torch.profiler."""
    path = folder / f"{kind}.json"
    found = measured([sys.executable, __file__, "--workload", kind, "--steps", str(steps), "--out", str(path)])
    return found | {"file_mb": path.stat().st_size / 1e6}


def row(name: str, found: dict[str, float], alone_s: float) -> str:
    """One line of the table."""
    columns = ("work_s", "ratio", "stop_s", "save_s", "parent_s", "file_mb", "memory_mb")
    values = {**found, "ratio": found["work_s"] / alone_s}
    digits = {"file_mb": 1, "memory_mb": 0}
    cells = [f"{values[column]:.{digits.get(column, 2)}f}" if column in values else "-" for column in columns]
    return f"{name:<24}" + "".join(f"{cell:>11}" for cell in cells)


def per_operator(found: dict[str, float], alone_s: float, steps: int) -> str:
    """By how much each operator was longer, as this comparison has it and as the run itself measured it."""
    operators = found["operators"] * steps / (steps + WARM_UP)
    compared_us = (found["work_s"] - alone_s) / operators * 1e6
    return f"per operator: {compared_us:.1f} us by this table, {found['cost_ns_per_operator'] / 1e3:.1f} us by the run"


def compare(steps: int, rounds: int, dependencies: bool) -> None:
    """Print the table; of several rounds the one with the shortest work counts."""
    plain = [sys.executable, __file__, "--workload", "plain", "--steps", str(steps)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def best(run: object, *args: object, options: tuple[str, ...] = ()) -> dict[str, float]:
            tries = [run(*args, folder / str(number), *options) for number in range(rounds)]  # type: ignore[operator]
            return min(tries, key=lambda found: found["work_s"])

        for number in range(rounds):
            (folder / str(number)).mkdir()
        alone = min((measured(plain) for _ in range(rounds)), key=lambda found: found["work_s"])
        print(f"{HEADINGS[0]:<24}" + "".join(f"{heading:>11}" for heading in HEADINGS[1:]))
        print(row("unprofiled", alone, alone["work_s"]), flush=True)
        for level in ("ops",) if dependencies else LEVELS:
            print(row(f"gpu-trace run, {level}", best(recorded, level, steps), alone["work_s"]), flush=True)
        if dependencies:
            found = best(recorded, "ops", steps, options=("--dependencies",))
            print(row("  with dependencies", found, alone["work_s"]), flush=True)
            print(per_operator(found, alone["work_s"], steps))
            return
        for kind, label in {"operators": "torch.profiler", "shapes": "  with shapes"}.items():
            print(row(label, best(profiled, kind, steps), alone["work_s"]), flush=True)


def main() -> None:
    """Parse the arguments; the workload runs itself again through them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dependencies", action="store_true", help="compare ops with ops --dependencies alone")
    parser.add_argument("--workload", choices=("plain", "operators", "shapes"), help=argparse.SUPPRESS)
    parser.add_argument("--out", default=os.devnull, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.workload is None:
        compare(chosen.steps, chosen.rounds, chosen.dependencies)
    elif chosen.workload == "plain":
        train(chosen.steps)
    else:
        train_under_torch_profiler(chosen.steps, chosen.out, chosen.workload == "shapes")


if __name__ == "__main__":
    main()
