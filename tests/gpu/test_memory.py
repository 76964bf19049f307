"""Peaks of memory against PyTorch's own statistics, on a GPU: pytest -m gpu tests/gpu/test_memory.py"""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.readers import load

pytestmark = pytest.mark.gpu

HEAD = """
import json, sys, torch
from torch.profiler import ProfilerActivity, profile, record_function

def recorded(work):
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA], profile_memory=True) as profiler:
        work()
        torch.cuda.synchronize()
    profiler.export_chrome_trace(sys.argv[1])
    most = torch.cuda.max_memory_allocated(), torch.cuda.max_memory_reserved()
    print(json.dumps([*most, torch.cuda.get_device_properties(0).total_memory]))
"""
PRODUCT = """
a = torch.ones(2048, 2048, device="cuda")

def work():
    with record_function("outer"):
        held = [torch.empty(1_000_001, device="cuda", dtype=torch.uint8) for _ in range(3)]
        with record_function("peak"):
            product = a @ a
        del held, product
        again = torch.empty(777, device="cuda")

recorded(work)
"""
TRAINING = """
model = torch.nn.Sequential(*[torch.nn.Linear(512, 512) for _ in range(8)]).cuda()
optimizer = torch.optim.Adam(model.parameters())

def work():
    for step in range(6):
        with record_function(f"step {step}"):
            x = torch.randn(64 + 512 * (step % 3), 512, device="cuda")
            model(x).square().mean().backward()
            optimizer.step()
            optimizer.zero_grad()
            if step == 3:
                torch.cuda.empty_cache()

recorded(work)
"""


def peaks(text, folder):
    trace = folder / "trace.json"
    (folder / "script.py").write_text(HEAD + text)
    command = [sys.executable, folder / "script.py", trace]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=200).stdout
    of_gpu = [row for row in Analysis(load(trace, operators=True)).memory if row.device >= 0]
    return of_gpu, json.loads(told.splitlines()[-1]), json.loads(trace.read_text())["traceEvents"]


def is_sum_of_its_rows(events):
    rows = [event for event in events if event["name"] == "[memory]" and event["args"]["Device Type"] == 1]
    rows = [row["args"] for row in sorted(rows, key=lambda row: row["ts"])]
    totals = [row["Total Allocated"] for row in rows]
    return [after - before for before, after in pairwise(totals)] == [row["Bytes"] for row in rows[1:]]


@pytest.mark.parametrize("text", [PRODUCT, TRAINING], ids=["product", "training"])
def test_peaks_are_those_of_the_allocator(text, tmp_path):
    (found,), (allocated, reserved, total), events = peaks(text, tmp_path)
    assert (found.allocated_bytes, found.most_reserved_bytes, found.device_bytes) == (allocated, reserved, total)
    assert is_sum_of_its_rows(events)


def test_the_peak_has_the_operator_and_the_ranges_that_made_it(tmp_path):
    (found,), _, _ = peaks(PRODUCT, tmp_path)
    assert (found.operator, found.ranges) == ("aten::mm", ("peak", "outer"))
