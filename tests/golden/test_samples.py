"""The samples run at small sizes, check their own results, and give the traces that their texts promise."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SMALL = {
    "compute_and_copy": ["--size", "400", "--inner", "50", "--products", "6", "--repeats", "1"],
    "two_gpus": ["--size", "300", "--products", "6", "--repeats", "1"],
}
VARIANTS = {
    "compute_and_copy": ["compute_only", "copy_only", "compute_then_copy", "interleaved", "side_thread"],
    "two_gpus": ["first", "second", "in_turns", "both"],
}


def ran(*command: str):
    return subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=True)


@pytest.mark.parametrize("name", SMALL)
def test_every_variant_prints_its_wall_clock(name):
    first, *lines = ran(f"samples/{name}.py", *SMALL[name]).stdout.splitlines()
    assert "no GPU here" in first
    assert [line.split()[0] for line in lines] == VARIANTS[name]
    assert all(re.fullmatch(r"\w+ +\d+\.\d ms", line) for line in lines)


@pytest.fixture(scope="module", params=SMALL)
def summary(request, tmp_path_factory):
    name, folder = request.param, tmp_path_factory.mktemp("run") / "run"
    run = ["-m", "gpu_trace", "run", "-q", "-o", str(folder), f"samples/{name}.py"]
    traced = ran(*run, *SMALL[name])
    assert traced.stdout.count(" ms\n") == len(VARIANTS[name])
    return name, json.loads((folder / "summary.json").read_text())


def test_every_variant_is_a_range_with_its_work(summary):
    name, document = summary
    rows = {row["name"]: row for row in document["ranges"]}
    assert set(VARIANTS[name]) <= rows.keys()
    [device] = document["devices"]
    assert device["kind"] == "cpu"
    assert device["idle_ns"] + device["busy_ns"] == device["span_ns"]
    if name == "compute_and_copy":
        assert rows["compute_only"]["copy_ns"] == 0 < rows["compute_only"]["compute_ns"]
        assert rows["copy_only"]["compute_ns"] == 0 < rows["copy_only"]["copy_ns"]
        for in_turns in ("compute_then_copy", "interleaved"):
            assert rows[in_turns]["hidden_copy_ns"] == 0 < rows[in_turns]["copy_ns"]
    else:
        assert {"worker 1", "worker 2"} <= rows.keys()


def test_an_unknown_variant_is_a_usage_error():
    command = [sys.executable, "samples/two_gpus.py", "--variant", "none"]
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "invalid choice" in refused.stderr
