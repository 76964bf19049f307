"""Measures scripts that start processes, in each way: natively, recorded, and recorded with ``--no-follow``, in turns.

Figures are processor seconds of the script and of the processes that it waited for, up to its last line, medians of the
runs: on a busy machine those vary less than times do. ``traces`` are those of the recorded run.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

AROUND = """{body}
if __name__ == "__main__":
    import resource
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print("took", sum(each.ru_utime + each.ru_stime for each in used))
"""
WORK = """
import multiprocessing, sys
import torch
torch.set_num_threads(1)  # a child that is forked hangs in OpenMP where its parent used several
def work(number):
    x = torch.ones(200, 200)
    for _ in range(50): x = (x @ x).tanh()
if __name__ == "__main__":
    work(0)
"""
POOL = """
    from concurrent.futures import ProcessPoolExecutor
    with ProcessPoolExecutor(2, multiprocessing.get_context("{method}")) as pool: list(pool.map(work, range(8)))
"""
LOADER = """
from torch.utils.data import DataLoader
class Numbers(torch.utils.data.Dataset):
    def __len__(self): return 256
    def __getitem__(self, i): return torch.full((64, 64), float(i)).add(1)
if __name__ == "__main__":
    for batch in DataLoader(Numbers(), batch_size=16, num_workers=2, multiprocessing_context="{method}"): work(0)
"""
BARE = "import subprocess, sys\nfor _ in range({count}): subprocess.run({command}, check=True)\n"
RANKS = """
import torch, torch.distributed as dist
torch.set_num_threads(1)
dist.init_process_group("gloo")
x = torch.ones(200, 200)
for _ in range(30): x = (x @ x).tanh(); dist.all_reduce(x)
dist.destroy_process_group()
"""
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "script.py")
ACCELERATE = (
    *("-m", "accelerate.commands.launch", "--cpu", "--num_processes", "1", "--num_machines", "1"),
    *("--mixed_precision", "no", "--dynamo_backend", "no", "script.py"),
)
WAYS = {
    "200 short processes": (BARE.format(count=200, command=["true"]), ("script.py",)),
    "20 processes of Python": (BARE.format(count=20, command='[sys.executable, "-c", "pass"]'), ("script.py",)),
    "subprocess": (
        WORK + '    subprocess = __import__("subprocess")\n'
        '    subprocess.run([sys.executable, "-c", "import torch; torch.ones(4).sum()"], check=True)\n',
        ("script.py",),
    ),
    "torch.multiprocessing.spawn": (WORK + "    torch.multiprocessing.spawn(work, nprocs=2)\n", ("script.py",)),
    "pool, spawn": (WORK + POOL.format(method="spawn"), ("script.py",)),
    "pool, forkserver": (WORK + POOL.format(method="forkserver"), ("script.py",)),
    "pool, fork": (WORK + POOL.format(method="fork"), ("script.py",)),
    "data loader, fork": (WORK + LOADER.format(method="fork"), ("script.py",)),
    "data loader, spawn": (WORK + LOADER.format(method="spawn"), ("script.py",)),
    "torchrun": (RANKS, TORCHRUN),
    **({"accelerate launch": (WORK, ACCELERATE)} if find_spec("accelerate") else {}),
}


def seconds(command: list[str], folder: Path) -> float:
    """What its processes say that they took."""
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return sum(float(line.split()[1]) for line in ended.stdout.splitlines() if line.startswith("took "))


def measured(way: str, runs: int) -> tuple[list[float], int]:
    """The medians natively, recorded and with ``--no-follow``, and how many traces the recorded run left."""
    body, command = WAYS[way]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "script.py").write_text(AROUND.format(body=body))
        recorded = [sys.executable, "-m", "gpu_trace", "run", "-q", "--no-summary", "--force", "-o"]
        commands = (
            [sys.executable, *command],
            [*recorded, "run", *command],
            [*recorded, "alone", "--no-follow", *command],
        )
        took = [[seconds(each, folder) for each in commands] for _ in range(runs)]
        traces = len(json.loads((folder / "run/run.json").read_text())["traces"])
    return [statistics.median(column) for column in zip(*took, strict=True)], traces


def main() -> None:
    """Print a row for each way, as it is measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ways", nargs="*", metavar="WAY", help=f"of: {', '.join(WAYS)}")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    print("| started by | native | recorded | `--no-follow` | traces |\n|---|--:|--:|--:|--:|")
    for way in options.ways or WAYS:
        (native, recorded, alone), traces = measured(way, options.runs)
        print(f"| {way} | {native:.2f} | {recorded:.2f} | {alone:.2f} | {traces} |", flush=True)


if __name__ == "__main__":
    main()
