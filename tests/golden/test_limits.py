"""The scripts of samples/limits run, and each recording belongs to a truth."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from native import NO_COMPILER, WHOLE

ROOT = Path(__file__).parents[2]
TRUTHS = sorted((ROOT / "samples/limits/truths").glob("*.json"))
TRACES = ROOT / "samples/traces/limits_h200"
SCRIPTS = f"""
{WHOLE}
import runpy
{NO_COMPILER}
sys.path.insert(0, "samples/limits")
for script, case in (line.split() for line in sys.argv[1:]):
    sys.argv = [script, "--case", case, "--small", "--steps", "2"]
    runpy.run_path(script, run_name="__main__")
"""
NEEDS_A_COMPILER = "kernels_compiled_with_item"


def test_every_truth_is_recorded_and_every_recording_has_a_truth():
    known = {path.stem for path in TRUTHS}
    recorded = {path.name.removesuffix(".json.gz") for path in TRACES.glob("*.json.gz")}
    assert recorded == known
    assert json.loads((TRACES / "clocks.json").read_text()).keys() == recorded


def test_every_truth_names_what_limits():
    assert {json.loads(path.read_text())["limited"]["by"] for path in TRUTHS} == {"copy", "idle", "compute"}


@pytest.mark.slow
@pytest.mark.parametrize("step", [1, 7], ids=["all", "some"])
def test_every_case_runs_without_a_gpu(step):
    truths = [json.loads(path.read_text()) for path in TRUTHS if path.stem != NEEDS_A_COMPILER]
    wanted = [f"{truth['script']} {truth['arguments'][1]}" for truth in truths[::step]]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPTS, *wanted], cwd=ROOT, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("median step") == len(wanted)
