"""Simulate jobs with a known fault, have both tools look at them, and print what that costs and what they say.

HTA is installed into an environment of its own, because it brings other versions of what gpu-trace needs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from .environment import python_with_hta
from .measured import measured
from .ranks import HtaNames, write_job

if TYPE_CHECKING:
    from .measured import Cost

HTA_PROGRAM = Path(__file__).with_name("hta_program.py")
SUMMARY = "import sys; sys.argv[1:1] = ['summary']; from gpu_trace.cli import main; main()"
FAULTS = ("late_data", "slow_gpu")


def main() -> None:
    """Read the arguments, and print a section for each job as it comes."""
    parser = argparse.ArgumentParser("bench-hta", description=__doc__)
    parser.add_argument("ranks", nargs="*", type=int, default=[8, 32])
    parser.add_argument("--steps", type=int, default=330, help="of each rank; 330 are 35 MB of JSON per rank")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--venv", type=Path, default=Path("build/hta"), help="made if it is not there")
    parser.add_argument("--names", choices=[*HtaNames], default=HtaNames.EXPECTED, help="of NCCL's kernels")
    given = parser.parse_args()
    python = python_with_hta(given.venv)
    for ranks in given.ranks:
        for fault in FAULTS:
            with tempfile.TemporaryDirectory(prefix="gpu-trace-bench-") as name:
                job = write_job(Path(name), ranks, given.steps, given.seed, fault, HtaNames(given.names))
                print(f"\n{ranks} ranks, {given.steps} steps, {job.megabytes:.0f} MB of JSON: {job.truth}", flush=True)
                _show("HTA", *measured([str(python), str(HTA_PROGRAM), str(job.folder)]), _said_by_hta)
                _show("gpu-trace", *measured([sys.executable, "-c", SUMMARY, str(job.folder)]), _said_by_us)


def _show(tool: str, cost: Cost, output: str, said: object) -> None:
    print(f"{tool}: {cost.cpu_s:.1f} CPU s, {cost.wall_s:.1f} s by the wall clock, peak {cost.peak_mb:.0f} MB")
    assert callable(said)
    for line in said(output):
        print(f"    {line}", flush=True)


def _said_by_hta(output: str) -> list[str]:
    """The results, which are the last line; the others are its log."""
    return [f"{question}: {answer}" for question, answer in json.loads(output.splitlines()[-1]).items()]


def _said_by_us(output: str) -> list[str]:
    return output.splitlines()[:12]


if __name__ == "__main__":
    main()
