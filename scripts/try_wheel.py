"""Installs a wheel where there is neither a C compiler nor torch, and tries what must work there.

For the Python that runs this, the environment is then shown the torch that is here, and scripts are recorded.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TRACE, OTHER = (ROOT / f"samples/traces/{name}.json.gz" for name in ("two_streams", "seed_nonblocking"))
READING = {
    "info": (f"info {TRACE}", 0),
    "summary": (f"summary {TRACE}", 0),
    "HTML": (f"summary {TRACE} --html report.html", 0),
    "export": (f"export {TRACE} -o trace.pftrace", 0),
    "export to Chrome": ("export trace.pftrace -o trace.json.gz", 0),
    "diff": (f"diff {OTHER} {TRACE}", 0),
    "check": (f"check {TRACE} --min-overlap 0.9", 0),
    "check that fails": (f"check {OTHER} --min-overlap 0.9", 1),
    "open": ("open trace.pftrace --no-browser --timeout 1", 3),
}
"""what needs no torch: the command, and the code it exits with (`open`: no browser came)"""
LIBRARIES = {
    "gpu_trace/boot/_garbage.so",
    "gpu_trace/boot/_safepoint.so",
    "gpu_trace/boot/_signals.so",
    "gpu_trace/cupti_recording/_activities.so",
    "gpu_trace/nvtx_recording/_injection.so",
    "gpu_trace/stack_sampling/_sampler.so",
    "gpu_trace_analyzers/readers/chrome/compiled/_scanner.so",
}
LOAD = """
import ctypes, os, sys, gpu_trace
for name in sys.argv[1:]:
    ctypes.CDLL(os.path.join(os.path.dirname(gpu_trace.__path__[0]), name), os.RTLD_NOW)
"""
STACKS = """
from gpu_trace.stack_sampling.trial import sampler_knows_this_python
assert sampler_knows_this_python()
"""
SCRIPT = """
import time, torch
with torch.autograd.profiler.record_function("products"):
    for _ in range(50):
        torch.ones(100, 100) @ torch.ones(100, 100)
torch.cuda.nvtx.range_push("sleep")
time.sleep(0.5)
torch.cuda.nvtx.range_pop()
"""


class TrialFailed(Exception):
    """Something that must work did not; says what was printed."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment in a folder, which is also where its commands run."""

    folder: Path

    def run(self, *command: str, expected: int = 0) -> str:
        """The output of a program of the environment, with no other program in reach. Raises `TrialFailed`."""
        program, *arguments = command
        path = self.folder / "bin"
        around = {"PATH": str(path), "HOME": str(self.folder), "CUDA_VISIBLE_DEVICES": ""}
        indexes = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "http", "HTTP"))}
        ended = subprocess.run(
            [path / program, *arguments],
            cwd=self.folder,
            env=indexes | around,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode != expected:
            raise TrialFailed(f"{' '.join(command)}: exit code {ended.returncode}\n{ended.stdout}{ended.stderr}")
        return ended.stdout + ended.stderr

    @property
    def megabytes(self) -> float:
        """Size of all its files."""
        return sum(path.lstat().st_size for path in self.folder.rglob("*")) / 1e6


def try_in(python: str, wheel: Path, folder: Path) -> str:
    """Install and try; what worked, in a line."""
    subprocess.run([python, "-m", "venv", folder], check=True)
    environment = Environment(folder)
    bare = environment.megabytes
    environment.run("pip", "install", "--quiet", "--disable-pip-version-check", str(wheel))
    version = environment.run("python", "-c", "import platform; print(platform.python_version())").strip()
    whole = environment.megabytes
    said = f"Python {version}: {whole:.0f} MB, {whole - bare:.0f} MB of which were installed"
    environment.run("python", "-c", LOAD, *LIBRARIES)
    for arguments, expected in READING.values():
        environment.run("gpu-trace", *arguments.split(), expected=expected)
    environment.run("python", "-c", STACKS)
    _try_without_torch(environment)
    said += f"; without torch: {', '.join(READING)}, stacks"
    if version == sys.version.split()[0]:
        _try_with_torch(environment)
        said += "; with torch: run, doctor"
    return said


def _try_without_torch(environment: Environment) -> None:
    (environment.folder / "script.py").write_text(SCRIPT)
    said = environment.run("gpu-trace", "run", "script.py", expected=1)
    if "has no torch, so nothing was recorded" not in said:
        raise TrialFailed(said)


def _try_with_torch(environment: Environment) -> None:
    torch = find_spec("torch")
    assert torch is not None
    assert torch.origin is not None
    (site,) = environment.folder.glob("lib/python*/site-packages")
    (site / "torch_of_this_machine.pth").write_text(str(Path(torch.origin).parents[1]))
    environment.run("gpu-trace", "run", "-o", "run", "script.py")
    facts = json.loads((environment.folder / "run/run.json").read_text())
    ranges = environment.run("gpu-trace", "summary", "run")
    if facts["lost"] or not facts["stacks"]["samples"] or "products" not in ranges or "sleep" not in ranges:
        raise TrialFailed(f"{facts}\n{ranges}")
    environment.run("gpu-trace", "doctor")


def main(wheel: Path, pythons: list[str]) -> None:
    """Try it in each Python, and say what it holds and what worked."""
    libraries = {name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".so")}
    if libraries != LIBRARIES:
        sys.exit(f"{wheel}: has {libraries}, and should have {LIBRARIES}")
    print(f"{wheel}: {wheel.stat().st_size / 1e6:.2f} MB, {len(libraries)} libraries", flush=True)
    for python in pythons or [sys.executable]:
        folder = Path(tempfile.mkdtemp(prefix="gpu-trace-wheel-"))
        try:
            print(try_in(python, wheel.resolve(), folder), flush=True)
        except TrialFailed as failed:
            sys.exit(f"{python}: {failed}")
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
