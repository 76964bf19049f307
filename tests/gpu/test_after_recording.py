"""A script whose recording has ended runs on as natively: pytest -m gpu tests/gpu/test_after_recording.py"""

from __future__ import annotations

from pathlib import Path

import pytest

from native import events, facts, run_natively, run_traced, script, write_files

pytestmark = pytest.mark.gpu


@pytest.fixture(autouse=True, params=["0", "1"], ids=["stays", "leaves"])
def leaving(request, monkeypatch):
    """Whether CUPTI is asked to leave after the recording."""
    monkeypatch.setenv("LEAVE_CUPTI", request.param)


RUNS_ON = """
import threading
import torch
from torch.profiler import ProfilerActivity, profile
weight = torch.zeros(1, requires_grad=True)
weight.grad = torch.zeros(1)
optimizer = torch.optim.SGD([weight], lr=0.0)
x = torch.zeros(64, device="cuda")

def captured():
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph): x.add_(1)
    return graph

def kernels(work):
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as session:
        for _ in range(100): work()
        torch.cuda.synchronize()
    return sum(event.device_type == torch.autograd.DeviceType.CUDA for event in session.events())

ended = threading.Event()
def launch():
    own = torch.zeros(64, device="cuda")
    with torch.cuda.stream(torch.cuda.Stream()):
        while not ended.is_set():
            own.add_(1)

graphs = [captured()]
others = [threading.Thread(target=launch) for _ in range(2)]
for thread in others: thread.start()
optimizer.step()
for _ in range(100): x.mul_(1); graphs[0].replay()
ended.set() if {alone} else None
optimizer.step()
ended.set()
for thread in others: thread.join()
graphs.append(captured())
for graph in graphs * 10: graph.replay()
print(x[0].item(), kernels(lambda: x.add_(1)), kernels(graphs[0].replay), kernels(graphs[1].replay))
"""


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "while others launch"])
@pytest.mark.parametrize("options", [(), ("--level", "ops"), ("--no-stacks",)], ids=["gpu", "ops", "no stacks"])
def test_graphs_threads_and_its_own_profiler_are_as_natively(options, alone, tmp_path):
    case = script(RUNS_ON.replace("{alone}", str(alone)))
    for each in ("alone", "traced"):
        write_files(case, tmp_path / each)
    native = run_natively(case, tmp_path / "alone")
    traced = run_traced(case, tmp_path / "traced", tmp_path / "run", "--steps", "1:2", *options)
    assert traced == native
    assert facts(tmp_path / "run")["until"] == "the 1 requested steps"
    assert not any("CUPTI did not leave" in sentence for sentence in facts(tmp_path / "run")["lost"])
    assert any(event.get("cat") == "kernel" and "mul" in event["name"].lower() for event in events(tmp_path / "run"))


RANKS = """
import os, time
import torch, torch.distributed as dist
torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
dist.init_process_group("nccl")
x = torch.ones(1 << 20, device="cuda")
for _ in range(400):  # about 4 s, of which the first is recorded; the ranks end that at their own times
    dist.all_reduce(x)
    x /= dist.get_world_size()
    time.sleep(0.01)
print(dist.get_rank(), x.sum().item(), flush=True)
dist.destroy_process_group()
"""


@pytest.mark.skipif(len(list(Path("/dev").glob("nvidia[0-9]*"))) < 2, reason="needs two GPUs")
@pytest.mark.parametrize("options", [(), ("--level", "ops")], ids=["gpu", "ops"])
def test_collectives_go_on_while_cupti_leaves_each_rank(options, tmp_path):
    write_files(case := script(RANKS), tmp_path)
    run = tmp_path / "run"
    outcome = run_traced(case, tmp_path, run, "--duration", "1", "--nproc-per-node", "2", *options)
    assert (sorted(outcome.stdout.splitlines()), outcome.code) == (["0 1048576.0", "1 1048576.0"], 0), outcome.stderr
    assert sorted(facts(run)["traces"]) == ["trace-rank-0.json.gz", "trace-rank-1.json.gz"]
    assert not any("CUPTI did not leave" in sentence for sentence in facts(run)["lost"])
