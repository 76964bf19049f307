"""What `gpu-trace run` claims of CUDA, on a GPU: pytest -m gpu tests/gpu/test_capture.py"""

from __future__ import annotations

import gzip
import json
import re
import signal
import subprocess
from pathlib import Path

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.questions.overlap import active_devices
from gpu_trace_analyzers.readers import load
from native import events, facts, names, run_both, run_traced, script, write_files

pytestmark = pytest.mark.gpu

WORK = """
import os, signal, sys, threading, time
import torch
"""
KERNELS = """
x = torch.ones(64, 64, device="cuda")
for _ in range({count}): x.add_(1)
"""


def recorded(text: str, folder, *options: str):
    case = script(text)
    write_files(case, folder)
    outcome = run_traced(case, folder, folder / "run", *options)
    assert outcome.code == 0, outcome.stderr
    return folder / "run"


def kernels(run, pattern: str = "") -> list[dict]:
    return [event for event in events(run) if event.get("cat") == "kernel" and pattern in event["name"]]


@pytest.mark.parametrize("count", [1, 1000])
def test_every_kernel_from_the_first_is_recorded(count, tmp_path):
    run = recorded(WORK + KERNELS.format(count=count), tmp_path)
    found = kernels(run)
    launches = [e for e in events(run) if e.get("cat") == "cuda_runtime" and "LaunchKernel" in e["name"]]
    assert len(found) == count + 1  # and the fill of ones
    assert {e["args"]["correlation"] for e in found} == {e["args"]["correlation"] for e in launches}
    assert facts(run)["recorded"] == "gpu"


def test_work_still_queued_at_the_end_is_recorded(tmp_path):
    text = WORK + "x = torch.randn(8192, 8192, device='cuda')\nfor _ in range(20): y = x @ x\n"
    assert len(kernels(recorded(text, tmp_path))) >= 21


def test_the_default_level_has_device_work_and_ranges_but_no_operators(tmp_path):
    text = WORK + "x = torch.ones(64, device='cuda')\nwith torch.profiler.record_function('mine'): x.add_(1)\n"
    categories = {event.get("cat") for event in events(recorded(text, tmp_path))}
    assert {"kernel", "cuda_runtime", "user_annotation"} <= categories
    assert "cpu_op" not in categories


def test_the_level_ops_has_operators_too(tmp_path):
    assert "aten::add_" in names(recorded(WORK + KERNELS.format(count=1), tmp_path, "--level", "ops"))


def test_devices_may_be_chosen_after_importing_torch(tmp_path):
    text = WORK + "os.environ['CUDA_VISIBLE_DEVICES'] = ''\nprint(torch.cuda.is_available())"
    native, traced = run_both(script(text), tmp_path)
    assert native == traced
    assert "False" in native.stdout


FORK = """
pid = os.fork()
if pid == 0:
    print(torch.ones(4, device="cuda").sum().item(), flush=True)
    sys.exit(3)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


def test_a_forked_child_can_use_cuda_where_it_can_natively(tmp_path):
    native, traced = run_both(script(WORK + FORK), tmp_path)
    assert native == traced
    assert native.stdout == "4.0\n3\n"


def test_a_child_forked_after_cuda_leaves_as_it_does_natively(tmp_path):
    fork = "sys.stdout.flush()\npid = os.fork()\nif pid == 0: sys.exit(3)\n"
    text = WORK + KERNELS.format(count=3) + fork + "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))"
    native, traced = run_both(script(text), tmp_path)
    assert (native.stdout, native.code) == (traced.stdout, traced.code) == ("3\n", 0)
    assert len(kernels(tmp_path / "run")) == 4


BUSY = "torch.cuda.synchronize()\nprint('up', flush=True)\ntime.sleep(50)"
ENDINGS = {
    "SIGTERM in a C call": (BUSY, signal.SIGTERM, -signal.SIGTERM),
    "Ctrl-C": (BUSY, signal.SIGINT, -signal.SIGINT),
    "os._exit": ("os._exit(5)", None, 5),
    "exception": ("raise ValueError", None, 1),
    "in a thread": ("threading.Thread(target=lambda: x.add_(1)).start()", None, 0),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_any_ending_keeps_every_kernel(name, tmp_path):
    text, send, code = ENDINGS[name]
    case = script(WORK + KERNELS.format(count=100) + text, send=send)
    write_files(case, tmp_path)
    assert run_traced(case, tmp_path, tmp_path / "run").code == code
    assert len(kernels(tmp_path / "run")) == 101 + (name == "in a thread")


def test_a_stream_wait_names_the_stream_it_waits_for(tmp_path):
    text = WORK + (
        "side = torch.cuda.Stream()\nx = torch.ones(4096, 4096, device='cuda')\ny = x @ x\n"
        "side.wait_stream(torch.cuda.current_stream())\nwith torch.cuda.stream(side): z = y + 1\n"
    )
    run = recorded(text, tmp_path)
    waits = [event["args"] for event in events(run) if event["name"] == "Stream Wait Event"]
    streams = {event["args"]["stream"] for event in kernels(run)}
    assert len(waits) == 1
    assert waits[0]["wait_on_stream"] in streams - {waits[0]["stream"]}


PROFILER = """
from torch.profiler import profile
with profile() as mine: x.mul_(2)
print(sum("mul" in event.key for event in mine.key_averages()) > 0)
mine.export_chrome_trace("mine.json")
x.sub_(1)
"""


def test_the_scripts_own_profiler_gets_its_window_and_we_the_rest(tmp_path):
    native, traced = run_both(script(WORK + KERNELS.format(count=5) + PROFILER), tmp_path)
    assert (native.stdout, native.code) == (traced.stdout, traced.code) == ("True\n", 0)
    assert "MulFunctor" in (tmp_path / "traced/mine.json").read_text()
    found = kernels(tmp_path / "run")
    assert sum("mul" in event["name"].lower() for event in found) == 0
    assert len(found) == 1 + 5 + 1
    assert len({event["args"]["correlation"] for event in found}) == len(found)


PAUSE = """
from torch.profiler import profile
torch.cuda.synchronize()
with profile() as mine:
    x.mul_(2); torch.cuda.synchronize(); began = time.time_ns(); time.sleep(0.5); print(began, time.time_ns())
for _ in range(5): x.sub_(1)
"""


@pytest.mark.parametrize("level", ["gpu", "ops"])
def test_the_window_of_the_scripts_own_profiler_is_not_idle(level, tmp_path):
    """Of whichever way to record: both say when they did, and every kernel of theirs lies in that."""
    case = script(WORK + KERNELS.format(count=5) + PAUSE)
    write_files(case, tmp_path)
    outcome = run_traced(case, tmp_path, tmp_path / "run", "--level", level)
    began_ns, ended_ns = (int(text) for text in outcome.stdout.split())
    trace = load(tmp_path / "run/trace.json.gz")
    windows = list(zip(trace.windows.start_ns.tolist(), trace.windows.end_ns.tolist(), strict=True))
    (_, first_end), (second_start, _) = windows
    assert trace.epoch_ns + first_end < began_ns < ended_ns < trace.epoch_ns + second_start
    work = list(zip(trace.work.start_ns.tolist(), trace.work.end_ns.tolist(), strict=True))
    assert len(work) == 1 + 5 + 5
    assert all(any(start <= a <= b <= end for start, end in windows) for a, b in work)
    [gpu] = [figures for figures in Analysis(trace).summary.devices if figures.device.kind == "gpu"]
    assert gpu.unrecorded_ns > ended_ns - began_ns
    assert gpu.unrecorded_ns == work[6][0] - max(end for _, end in work[:6])


WARMED_UP = """
from torch.profiler import profile, schedule
plan = schedule(wait=1, warmup=2, active=1, repeat=2)
with profile(schedule=plan, on_trace_ready=lambda p: print(any("MulFunctor" in e.name for e in p.events()))) as mine:
    for _ in range(8):
        x.mul_(2) if mine.current_action.name.startswith("RECORD") else x.sub_(1)
        torch.cuda.synchronize(); mine.step()
"""


@pytest.mark.parametrize("level", ["gpu", "ops"])
def test_the_warm_up_of_a_scripts_profiler_is_recorded(level, tmp_path):
    """Of 8 steps the script's profiler records two; the kernels of the other six, and the 6 before, are in ours."""
    case = script(WORK + KERNELS.format(count=5) + WARMED_UP)
    native, _ = run_both(case, tmp_path)
    write_files(case, tmp_path / "again")
    traced = run_traced(case, tmp_path / "again", tmp_path / "run-2", "--level", level)
    assert (traced.stdout, traced.code) == (native.stdout, native.code) == ("True\nTrue\n", 0)
    found = [event["name"].lower() for event in kernels(tmp_path / "run-2")]
    assert (len(found), sum("mul" in name for name in found)) == (6 + 6, 0)


@pytest.mark.parametrize("level", ["gpu", "ops"])
def test_the_trace_has_the_uuid_that_nvidia_smi_has(level, tmp_path):
    trace = load(recorded(WORK + KERNELS.format(count=1), tmp_path, "--level", level) / "trace.json.gz")
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=True).stdout
    uuids = [trace.devices[position].uuid for position in active_devices(trace)]
    assert uuids == re.findall(r"GPU-[0-9a-f-]+", listed)[:1]


TWICE = """
from torch.profiler import profile
mine = profile()
mine.start(); x.mul_(2); torch.cuda.synchronize(); mine.stop()
x.sub_(1)
try: mine.stop()
except Exception as error: print("raised", type(error).__name__, str(error)[:80])
"""
EXTRA = {
    "stopped twice": TWICE,
    "stopped inside with": """
from torch.profiler import profile
with profile() as mine:
    x.mul_(2); torch.cuda.synchronize(); mine.stop()
    x.sub_(1)
""",
    "a bare disable": """
x.sub_(1)
try: torch.autograd.profiler._disable_profiler()
except Exception as error: print("raised", type(error).__name__, str(error)[:80])
""",
    "reloaded": """
import importlib, torch.autograd.profiler
importlib.reload(torch.autograd.profiler)
with torch.autograd.profiler.profile(use_kineto=True) as mine: x.mul_(2); torch.cuda.synchronize()
x.sub_(1)
""",
}


@pytest.mark.parametrize("level", ["gpu", "ops"])
@pytest.mark.parametrize("name", EXTRA)
def test_a_profiler_that_the_script_stops_once_too_often_does_not_end_ours(name, level, tmp_path):
    """All that was launched outside the script's own window is recorded, each kernel once, before and after."""
    case = script(WORK + KERNELS.format(count=5) + EXTRA[name] + "for _ in range(3): x.add_(1)\nprint('on')\n")
    native, _ = run_both(case, tmp_path)
    write_files(case, tmp_path / "again")
    traced = run_traced(case, tmp_path / "again", tmp_path / "run-2", "--level", level)
    assert (traced.stdout, traced.code) == (native.stdout, native.code)
    goes_on = native.code == 0  # before torch 2.12 a profiler stopped inside its with block raises at the block's end
    assert native.stdout.endswith("on\n") == goes_on
    found = kernels(tmp_path / "run-2")
    assert sum("mul" in event["name"].lower() for event in found) == 0
    assert len(found) == 1 + 5 + 1 + (3 if goes_on else 0)
    assert len({event["args"]["correlation"] for event in found}) == len(found)
    [said] = facts(tmp_path / "run-2")["lost"]
    assert "while the script used torch's profiler itself" in said


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1, signal.SIGALRM, signal.SIGQUIT])
def test_every_signal_that_ends_it_keeps_every_kernel(number, tmp_path):
    case = script(WORK + KERNELS.format(count=100) + BUSY, send=number)
    write_files(case, tmp_path)
    assert run_traced(case, tmp_path, tmp_path / "run").code == -number
    assert len(kernels(tmp_path / "run")) == 101


def test_descriptors_may_all_be_closed_while_cuda_is_recorded(tmp_path):
    closed = (
        "for fd in range(3, 1024):\n"
        "    try: name = os.readlink(f'/proc/self/fd/{fd}')\n"
        "    except OSError: continue\n"
        "    if 'nvidia' not in name and 'anon' not in name: os.close(fd)\n"
        "for _ in range(7): x.add_(1)\ntorch.cuda.synchronize()\nprint('on')\n"
    )
    native, traced = run_both(script(WORK + KERNELS.format(count=5) + closed), tmp_path)
    assert (traced.stdout, traced.code) == (native.stdout, native.code)
    if native.code == 0:
        assert len(kernels(tmp_path / "run")) == 13


NVTX = """
import nvtx
x = torch.ones(64, device="cuda")
for step in range(4):
    with nvtx.annotate("step", domain="training", color="red", payload=step):
        torch.cuda.nvtx.range_push("inner"); x.add_(1); torch.cuda.nvtx.range_pop()
        x.mul_(2)
"""


def test_nvtx_of_python_and_of_torch_lies_on_the_clock_of_the_launches(tmp_path):
    rows = events(recorded(WORK + NVTX, tmp_path))
    ranges = [row for row in rows if row.get("cat") == "nvtx"]
    assert sorted(row["name"] for row in ranges) == ["inner"] * 4 + ["step"] * 4
    launches = [row["ts"] for row in rows if row.get("cat") == "cuda_runtime" and "LaunchKernel" in row["name"]]
    for row in ranges:
        inside = [ts for ts in launches if row["ts"] <= ts < row["ts"] + row["dur"]]
        assert len(inside) == {"inner": 1, "step": 2}[row["name"]]


def test_only_inside_an_nvtx_range(tmp_path):
    found = kernels(recorded(WORK + NVTX, tmp_path, "--range", "inner"))
    assert len(found) == 4


def test_nvtx_survives_a_kill(tmp_path):
    case = script(WORK + NVTX + "torch.cuda.synchronize(); os.kill(os.getpid(), signal.SIGKILL)")
    write_files(case, tmp_path)
    assert run_traced(case, tmp_path, tmp_path / "run").code == -signal.SIGKILL
    assert len([row for row in events(tmp_path / "run") if row.get("cat") == "nvtx"]) == 8


RANKS = """
import torch.distributed as dist
rank = int(os.environ["LOCAL_RANK"])
torch.cuda.set_device(rank)
dist.init_process_group("nccl", device_id=torch.device("cuda", rank))
x = torch.ones(1 << 20, device="cuda")
for _ in range(5): dist.all_reduce(x)
torch.cuda.synchronize()
dist.destroy_process_group()
"""


def test_ranks_with_nccl(tmp_path):
    if len(list(Path("/dev").glob("nvidia[0-9]*"))) < 2:
        pytest.skip("needs two GPUs")
    run = recorded(WORK + RANKS, tmp_path, "--nproc-per-node", "2")
    for rank in range(2):
        trace = json.loads(gzip.decompress((run / f"trace-rank-{rank}.json.gz").read_bytes()))
        assert trace["distributedInfo"]["rank"] == rank
        rows = trace["traceEvents"]
        assert sum(row.get("cat") == "kernel" and "nccl" in row["name"].lower() for row in rows) >= 5
        assert any(row.get("cat") == "nvtx" and row["args"].get("domain") == "NCCL" for row in rows)


def test_every_device_in_use_is_synchronized(tmp_path):
    text = WORK + (
        "for d in range(torch.cuda.device_count()):\n    x = torch.randn(4096, 4096, device=f'cuda:{d}')\n"
        "    for _ in range(10): y = x @ x\nprint(torch.cuda.device_count())"
    )
    run = recorded(text, tmp_path)
    by_device: dict[int, int] = {}
    for event in kernels(run):
        by_device[event["args"]["device"]] = by_device.get(event["args"]["device"], 0) + 1
    assert by_device
    assert all(count >= 11 for count in by_device.values())
