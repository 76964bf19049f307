"""Runs each experiment twice, alone and recorded, and measures both."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from gpu_trace_analyzers.readers import load

from .experiments import ROOT
from .measured import Lab, Ran, Variant, recorded, wall_clocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from .experiments import Experiment


def run_all(wanted: Sequence[Experiment], folder: Path, arguments: Sequence[str]) -> Lab:
    """Run the experiments, one after the other; their run folders are left in ``folder``, by the names of the samples.

    Raises ``subprocess.CalledProcessError`` where a sample fails: its own check found a wrong result, for instance.
    """
    ran = []
    for experiment in wanted:
        print(f"== {experiment.title}: {experiment.script}", flush=True)
        ran.append(run(experiment, folder / experiment.sample, arguments))
    found = [variant.recorded for one in ran for variant in one.variants if variant.recorded]
    labels = {on.label for recorded in found for on in recorded.devices if "rank" not in on.label}
    return Lab(machine(labels), ran)


def run(experiment: Experiment, folder: Path, arguments: Sequence[str]) -> Ran:
    """Run one experiment, unprofiled and then recorded into ``folder``."""
    ranks = [f"--nproc-per-node={experiment.ranks}"] if experiment.ranks > 1 else []
    alone = ["-m", "torch.distributed.run", "--standalone", *ranks] if ranks else []
    printed = output(*alone, experiment.script, *arguments)
    print(printed, end="", flush=True)
    traced = ["-m", "gpu_trace", "run", "-q", "--force", "-o", str(folder), *ranks]
    output(*traced, experiment.script, *arguments)
    clocks, trace = wall_clocks(printed), load(folder)
    variants = [Variant(name, ns, recorded(trace, name, experiment.copies)) for name, ns in clocks.items()]
    return Ran(experiment.sample, printed.splitlines()[0], list(arguments), variants)


def machine(devices: Iterable[str]) -> dict[str, str]:
    """What it was run on, of which these are the devices."""
    return {
        "devices": ", ".join(sorted(devices)),
        "processor": f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores",
        "python": platform.python_version(),
        **{package: _version(package) for package in ("torch", "nvtx", "gpu-trace")},
    }


def output(*command: str) -> str:
    """What Python prints that runs these arguments from the root of the repository.

    Raises ``subprocess.CalledProcessError`` where it fails.
    """
    ran = subprocess.run([sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return ran.stdout


def answer(*command: str, refused: int) -> tuple[str, str]:
    """What it prints, and the errors that it prints; it may also end with the exit code of a refusal.

    Raises ``subprocess.CalledProcessError`` where it fails in another way.
    """
    ran = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.returncode != refused:
        ran.check_returncode()
    return ran.stdout, ran.stderr


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "from its source"
