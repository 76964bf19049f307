"""The MXNet sample against a stand-in for MXNet, which few machines have: every variant, its check, and the dump."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
STAND_IN = """
import sys, types
import numpy

class Array(numpy.ndarray):
    ctx = "cpu"
    def copyto(self, context):
        return (self * FACTOR).view(Array)
    def asnumpy(self):
        return numpy.asarray(self)

FACTOR = 1
nothing = lambda *given, **named: None
np = types.SimpleNamespace(
    dot=lambda a, b: numpy.dot(a, b),
    random=types.SimpleNamespace(uniform=lambda size, ctx: numpy.random.rand(*size).astype("f4").view(Array)),
)
npx = types.SimpleNamespace(set_np=nothing, waitall=nothing, cpu=lambda index: f"cpu({index})")

class profiler:
    def set_config(profile_imperative, filename):
        profiler.filename = filename
    set_state = nothing
    def dump():
        open(profiler.filename, "w").write("{}")
"""


def ran(folder: Path, stand_in: str):
    (folder / "mxnet.py").write_text(stand_in)
    command = [sys.executable, str(ROOT / "samples/mxnet/compute_and_copy.py"), "--size", "50"]
    environment = {"PYTHONPATH": str(folder), "PATH": ""}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_every_variant_runs_and_the_profiler_dumps(tmp_path):
    done = ran(tmp_path, STAND_IN)
    assert done.returncode == 0, done.stderr
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert names == ["first", "second", "both", "compute_then_copy", "interleaved"]
    assert (tmp_path / "dump.json").exists()


def test_a_wrong_copy_is_noticed(tmp_path):
    # The second matrix is a copy too: where copies are wrong, the products of the second device are wrong first.
    done = ran(tmp_path, STAND_IN.replace("FACTOR = 1", "FACTOR = 2"))
    assert done.returncode == 1
    assert "a wrong result" in done.stderr
