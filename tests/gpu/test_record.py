"""Blocks of a process that uses a GPU are recorded one by one: pytest -m gpu tests/gpu/test_record.py"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.gpu

BLOCKS = """
import json, nvtx, torch
import gpu_trace
x = torch.ones(256, 256, device="cuda")
pinned = torch.ones(256, 256, pin_memory=True)
torch.cuda.synchronize()
said = {}

def seen(run):
    frames = run.trace.frames()
    owned = {row.name: row.operations for row in run.analysis.ranges}
    facts = json.load(open(run.folder / "run.json"))
    names = {"kernels": len(frames.kernels), "copies": len(frames.copies), "owned": owned, "lost": run.lost}
    return names | {"source": facts["source"], "level": facts["level"], "what": run.what}

for number, level in enumerate(("gpu", "gpu", "ops")):
    for _ in range(7): x.add_(1)  # before the block, and not waited for
    with gpu_trace.record(f"run{number}", level=level) as run:
        with nvtx.annotate("outer"):
            x.add_(1)
            torch.cuda.nvtx.range_push("inner"); x.mul_(2); x.mul_(2); torch.cuda.nvtx.range_pop()
        with torch.profiler.record_function("copied"):
            x.copy_(pinned, non_blocking=True)
    x.add_(1)
    said[level + str(number)] = seen(run)

with gpu_trace.record("own") as run:
    x.add_(1)
    with torch.profiler.profile() as profile:
        x.mul_(2); torch.cuda.synchronize()
    x.add_(1)
said["own"] = seen(run) | {"theirs": sum("Mul" in event.key or "mul" in event.key for event in profile.key_averages())}
print(json.dumps(said))
"""


def ran(text, folder):
    done = subprocess.run([sys.executable, "-c", text], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    return json.loads(ran(BLOCKS, tmp_path_factory.mktemp("blocks")))


@pytest.mark.parametrize(("block", "source"), [("gpu0", "cupti"), ("gpu1", "cupti"), ("ops2", "kineto")])
def test_each_block_has_its_own_operations_and_no_others(said, block, source):
    found = said[block]
    assert (found["kernels"], found["copies"], found["lost"]) == (3, 1, [])
    assert (found["owned"]["outer"], found["owned"]["inner"], found["owned"]["copied"]) == (3, 2, 1)
    assert (found["source"], found["what"]) == (source, "Its GPU work was recorded.")


def test_a_profiler_of_the_block_takes_its_own_part(said):
    assert said["own"]["kernels"] == 2
    assert said["own"]["theirs"] >= 1
    assert [sentence for sentence in said["own"]["lost"] if sentence.startswith("the events of 1 interval")]


def test_cuda_may_be_used_for_the_first_time_in_the_block(tmp_path):
    text = """
import torch, gpu_trace
with gpu_trace.record("run") as run:
    x = torch.ones(8, 8, device="cuda")
    for _ in range(5): x.add_(1)
print(sum("add" in name.lower() for name in run.trace.frames().kernels.name), run.lost)
"""
    assert ran(text, tmp_path) == "5 []\n"


def test_a_block_that_uses_no_gpu_says_so_and_cuda_can_be_used_later(tmp_path):
    text = """
import torch, gpu_trace
with gpu_trace.record("run") as run:
    torch.ones(3) + 1
print(run.what)
x = torch.ones(8, device="cuda").add_(1)
torch.cuda.synchronize()
with gpu_trace.record("next") as run:
    x.add_(1)
print(len(run.trace.frames().kernels))
"""
    first, second = ran(text, tmp_path).splitlines()
    assert first.startswith("It used no GPU, so nothing was recorded.")
    assert second == "1"


def test_torch_ranges_that_were_made_before_are_lost_in_a_sentence(tmp_path):
    text = """
import torch, gpu_trace
x = torch.ones(8, device="cuda")
with torch.cuda.nvtx.range("before"): x.add_(1)
torch.cuda.synchronize()
with gpu_trace.record("run") as run:
    with torch.cuda.nvtx.range("inside"): x.add_(1)
print(len(run.trace.frames().kernels), len(run.trace.frames().ranges.query("name == 'inside'")), run.lost)
"""
    said = ran(text, tmp_path)
    assert said.startswith("1 0 ['NVTX ranges of torch.cuda.nvtx: it was used before the first recording")


def test_recording_again_and_again_leaves_nothing_behind(tmp_path):
    text = """
import gc, os, threading, torch, gpu_trace
x = torch.ones(256, 256, device="cuda")
def block():
    with gpu_trace.record("run", force=True, stacks=False) as run:
        for _ in range(20): x.add_(1)
    return len(run.trace.frames().kernels)
first = block(), block()
files, threads = len(os.listdir("/proc/self/fd")), threading.active_count()
found = {block() for _ in range(5)}
print(first, found, len(os.listdir("/proc/self/fd")) - files, threading.active_count() - threads)
"""
    assert ran(text, tmp_path) == "(20, 20) {20} 0 0\n"
