"""A script that loads kernels as the clock begins or ends the recording goes on.

pytest -m gpu tests/gpu/test_while_kernels_load.py; and tests/gpu/test_after_recording.py with the files of NCCL out of
memory (``echo 3 > /proc/sys/vm/drop_caches``), where one of four jobs hung before there was a safepoint.
"""

from __future__ import annotations

import pytest

from native import events, facts, run_traced, script, write_files

pytestmark = pytest.mark.gpu

NCCL = """
import os, tempfile, torch, torch.distributed as dist
os.environ["TORCH_NCCL_ENABLE_MONITORING"] = "0"
x = torch.ones(8, device="cuda")
with tempfile.TemporaryDirectory() as folder:
    dist.init_process_group("nccl", init_method=f"file://{folder}/store", rank=0, world_size=1)
    for _ in range(4):  # each has NCCL look at all its kernels; the first loads them
        dist.all_reduce(x, group=dist.new_group())
    torch.cuda.synchronize()
    dist.destroy_process_group()
print(x.sum().item(), flush=True)
"""

LOADS = """
import ctypes, threading, time, torch
torch.ones(1, device="cuda").add_(1).item()
cuda = ctypes.CDLL("libcuda.so.1")
KERNELS = 60
names = [f"kernel_{number}".encode() for number in range(KERNELS)]
code = b".version 7.0\\n.target sm_50\\n.address_size 64\\n"
code += b"".join(b".visible .entry %s() { ret; }\\n" % name for name in names)

def load():
    library, kernel, function = (ctypes.c_void_p() for _ in range(3))
    assert not cuda.cuLibraryLoadData(ctypes.byref(library), code, None, None, 0, None, None, 0)
    for name in names:
        assert not cuda.cuLibraryGetKernel(ctypes.byref(kernel), library, name)
        assert not cuda.cuKernelGetFunction(ctypes.byref(function), kernel)
        assert not cuda.cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, None, None, None)
    torch.cuda.synchronize()
    assert not cuda.cuLibraryUnload(library)

def load_for(seconds):
    torch.cuda.set_device(0)
    until = time.monotonic() + seconds
    while time.monotonic() < until: load()

others = [threading.Thread(target=load_for, args=(3,)) for _ in range({others})]
for other in others: other.start()
load_for(3)
for other in others: other.join()
print("loaded", flush=True)
"""


@pytest.mark.parametrize("others", [0, 1], ids=["one thread", "two threads"])
@pytest.mark.parametrize("level", ["gpu", "ops"])
@pytest.mark.parametrize("window", [("--duration", "1"), ("--after", "0.5", "--duration", "0.7")], ids=lambda w: w[0])
def test_code_that_it_compiles(window, level, others, tmp_path):
    write_files(case := script(LOADS.replace("{others}", str(others))), tmp_path)
    outcome = run_traced(case, tmp_path, run := tmp_path / "run", *window, "--level", level)
    assert (outcome.stdout, outcome.code) == ("loaded\n", 0), outcome.stderr
    assert facts(run)["until"].startswith("the requested")
    assert any(event.get("cat") == "kernel" for event in events(run))


@pytest.mark.parametrize("level", ["gpu", "ops"])
@pytest.mark.parametrize("duration", [f"{tenths / 10}" for tenths in range(1, 13)])
def test_those_of_nccl(duration, level, tmp_path):
    write_files(case := script(NCCL), tmp_path)
    outcome = run_traced(case, tmp_path, tmp_path / "run", "--duration", duration, "--level", level)
    assert (outcome.stdout, outcome.code) == ("8.0\n", 0), outcome.stderr
