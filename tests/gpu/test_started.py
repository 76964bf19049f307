"""Processes that a script starts use the GPU as they do natively, and each has a trace of what it did there."""

from __future__ import annotations

import gzip
import json

import pytest

from gpu_trace_analyzers.readers import load
from native import run_both, script

pytestmark = pytest.mark.gpu

START = """
import multiprocessing, subprocess, sys
import torch
def work(number):
    x = torch.ones(512, 512, device=torch.device("cuda", number % torch.cuda.device_count()))
    with torch.profiler.record_function(f"work {number}"):
        for _ in range(20): x = (x @ x).tanh()
    return float(x.sum())
if __name__ == "__main__":
"""
WAYS = {
    "spawn": ("    work(0)\n    torch.multiprocessing.spawn(work, nprocs=2)\n    print('done')\n", 3),
    "pool": (
        "    work(0)\n    with multiprocessing.get_context('spawn').Pool(1) as pool: print(pool.map(work, [1, 2]))\n",
        2,
    ),
    "fork server": (
        "    with multiprocessing.get_context('forkserver').Pool(1) as pool:\n"
        "        print(pool.map(work, [1, 2])); pool.close(); pool.join()\n",
        1,
    ),
    "no GPU": (
        "    work(0)\n    subprocess.run([sys.executable, '-c', 'import torch; torch.ones(4).sum()'], check=True)\n",
        1,
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_each_process_that_used_the_gpu_has_its_kernels(way, tmp_path):
    body, expected = WAYS[way]
    native, traced = run_both(script(START + body), tmp_path)
    assert traced == native
    paths = sorted((tmp_path / "run").glob("trace*.json.gz"))
    found = [json.loads(gzip.decompress(path.read_bytes()))["traceEvents"] for path in paths]
    assert len(found) == expected
    assert all(any(row.get("cat") == "kernel" for row in rows) for rows in found)
    trace = load(tmp_path / "run")
    assert len({device.uuid for device in trace.devices}) == len(trace.devices)  # processes share what they share
