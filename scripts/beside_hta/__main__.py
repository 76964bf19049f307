"""Simulate jobs with a known fault, have both tools look at them, and print what that costs and what they say.

HTA is installed into an environment of its own, because it brings other versions of what gpu-trace needs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .environment import python_with_hta
from .measured import measured
from .ranks import HtaNames, write_job

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .ranks import Job

HTA_PROGRAM = Path(__file__).with_name("hta_program.py")
SUMMARY = "import sys; sys.argv[1:1] = ['summary']; from gpu_trace.cli import main; main()"
FAULTS = ("late_data", "slow_gpu")


@dataclass(frozen=True, slots=True)
class Tool:
    """What looks at a folder of ranks, and which lines of its output say what it found."""

    name: str
    command: Sequence[str]
    findings: Callable[[str], list[str]]


def main() -> None:
    """Read the arguments, and print a section for each job as it comes."""
    parser = argparse.ArgumentParser("bench-hta", description=__doc__)
    parser.add_argument("ranks", nargs="*", type=int, default=[8, 32])
    parser.add_argument("--steps", type=int, default=100, help="of each rank: 0.17 MB of JSON each")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--venv", type=Path, default=Path("build/hta"), help="made if it is not there")
    parser.add_argument("--names", choices=[*HtaNames], default=HtaNames.EXPECTED, help="of NCCL's kernels")
    given = parser.parse_args()
    tools = (
        Tool("HTA", [str(python_with_hta(given.venv)), str(HTA_PROGRAM)], _said_by_hta),
        Tool("gpu-trace", [sys.executable, "-c", SUMMARY], _said_by_us),
    )
    for ranks in given.ranks:
        for fault in FAULTS:
            with tempfile.TemporaryDirectory(prefix="gpu-trace-bench-") as name:
                job = write_job(Path(name), ranks, given.steps, given.seed, fault, HtaNames(given.names))
                _compare(job, ranks, tools)


def _compare(job: Job, ranks: int, tools: Sequence[Tool]) -> None:
    print(f"\n{ranks} ranks, {job.megabytes:.0f} MB of JSON: {job.truth}\n", flush=True)
    print("| | CPU s | wall s | peak MB |\n|---|--:|--:|--:|", flush=True)
    said = []
    for tool in tools:
        cost, output = measured([*tool.command, str(job.folder)])
        print(f"| {tool.name} | {cost.cpu_s:.1f} | {cost.wall_s:.1f} | {cost.peak_mb:.0f} |", flush=True)
        said += [f"\n{tool.name}:", *(f"    {line}" for line in tool.findings(output))]
    print("\n".join(said), flush=True)


def _said_by_hta(output: str) -> list[str]:
    """The results, which are the last line; the others are its log."""
    return [f"{question}: {answer}" for question, answer in json.loads(output.splitlines()[-1]).items()]


def _said_by_us(output: str) -> list[str]:
    """The verdict and the first findings."""
    return output.splitlines()[:12]


if __name__ == "__main__":
    main()
