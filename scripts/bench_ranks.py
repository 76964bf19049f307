"""What does the summary of a folder of many ranks cost in one process? Prints a row for each number of ranks.

Processor seconds are those of the whole process, start-up and children included. The folders are copies of a recording
of two ranks (scripts/rank_copies.py).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts.rank_copies import DDP, SMALL, write_ranks

SUMMARY = "import sys; sys.argv[1:1] = ['summary', '--json', '--workers', '1']; from gpu_trace.cli import main; main()"


def measured(folder: Path) -> tuple[float, float, float]:
    """Processor seconds, seconds by the wall clock, and the peak of memory in MB of one summary."""
    began = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-c", SUMMARY, str(folder)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)  # its usage has that of the children it waited for
    if status:
        raise SystemExit(f"bench-ranks: the summary of {folder} failed")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - began, usage.ru_maxrss / 1024


def main() -> None:
    """Read the arguments, write the folders, measure each, print as it goes."""
    parser = argparse.ArgumentParser("bench-ranks", description=__doc__)
    parser.add_argument("ranks", nargs="*", type=int, default=[8, 32, 64])
    parser.add_argument("--small", action="store_true", help="ranks of 20 all-reduces, in place of 3 steps of DDP")
    given = parser.parse_args()
    print("| ranks | CPU s | per rank, ms | wall s | peak MB |\n|---:|---:|---:|---:|---:|", flush=True)
    for ranks in given.ranks:
        with tempfile.TemporaryDirectory(prefix="gpu-trace-bench-") as name:
            folder = Path(name) / "ranks"
            write_ranks(folder, ranks, SMALL if given.small else DDP)
            cpu_s, wall_s, peak_mb = measured(folder)
        print(f"| {ranks} | {cpu_s:.2f} | {1000 * cpu_s / ranks:.0f} | {wall_s:.1f} | {peak_mb:.0f} |", flush=True)


if __name__ == "__main__":
    main()
