"""NVTX ranges and the work that they launched on a GPU: pytest -m gpu tests/gpu/test_nvtx.py"""

from __future__ import annotations

import json
import signal

import pytest

from native import events, run_traced, script, write_files

pytestmark = pytest.mark.gpu

START = """
import os, signal, threading, torch, nvtx
torch.manual_seed(0)
x = torch.ones(256, 256, device="cuda")
torch.cuda.synchronize()
"""


def recorded(text: str, folder, *options: str, code: int = 0):
    case = script(START + text)
    write_files(case, folder)
    outcome = run_traced(case, folder, folder / "run", *options)
    assert outcome.code == code, outcome.stderr
    assert (folder / "run" / "summary.json").exists(), outcome.stderr
    return folder / "run"


def operations(run) -> dict[str, int]:
    """By range: how many operations of the GPU it launched."""
    rows = json.loads((run / "summary.json").read_text())["ranges"]
    return {row["name"]: row["operations"] for row in rows}


@pytest.mark.parametrize("level", ["gpu", "ops"])
def test_ranges_of_the_package_and_of_torch_own_what_they_launched(level, tmp_path):
    text = """
with nvtx.annotate("outer"):
    x.add_(1)
    torch.cuda.nvtx.range_push("inner"); x.mul_(2); x.mul_(2); torch.cuda.nvtx.range_pop()
with nvtx.annotate("empty"): pass
"""
    found = operations(recorded(text, tmp_path, "--level", level))
    assert (found["outer"], found["inner"], found["empty"]) == (3, 2, 0)


def test_ranges_of_threads_own_what_their_own_thread_launched(tmp_path):
    text = """
def work(name, count):
    with nvtx.annotate(name):
        for _ in range(count): x.add_(1)
        torch.cuda.synchronize()
for name, count in (("three", 3), ("five", 5)):  # one after the other: the second may get the first one's pthread_t
    thread = threading.Thread(target=work, args=(name, count)); thread.start(); thread.join()
both = [threading.Thread(target=work, args=(f"{n} at once", n)) for n in (20, 30)]
for thread in both: thread.start()
for thread in both: thread.join()
"""
    found = operations(recorded(text, tmp_path))
    assert [found[name] for name in ("three", "five", "20 at once", "30 at once")] == [3, 5, 20, 30]


@pytest.mark.parametrize("level", ["gpu", "ops"])
def test_the_backward_pass_belongs_to_the_thread_that_asked_for_it(level, tmp_path):
    text = """
weight = torch.ones(256, 256, device="cuda", requires_grad=True)
(x @ weight).sum().backward()  # warm
torch.cuda.synchronize()
with nvtx.annotate("forward"): loss = (x @ weight).sum()
with nvtx.annotate("backward"): loss.backward()
torch.cuda.synchronize()
"""
    found = operations(recorded(text, tmp_path, "--level", level))
    assert found["forward"] >= 2
    assert found["backward"] >= 1, "the kernels of autograd's thread are in no range"


def test_replaying_a_graph_belongs_to_the_range_around_the_replay(tmp_path):
    text = """
graph = torch.cuda.CUDAGraph()
x.add_(1).mul_(2)
torch.cuda.synchronize()
with nvtx.annotate("capture"), torch.cuda.graph(graph):
    for _ in range(4): x.add_(1)
for _ in range(3):
    with nvtx.annotate("replay"): graph.replay()
torch.cuda.synchronize()
"""
    run = recorded(text, tmp_path)
    found = operations(run)
    assert found["replay"] == 3 * 4
    added = [row for row in events(run) if row.get("cat") == "kernel" and "add" in row["name"].lower()]
    assert len(added) == 1 + 3 * 4  # what is captured does not run
    assert found["capture"] == 2  # torch itself fills the seed and the offset of its random numbers
    assert json.loads((run / "summary.json").read_text())["unmatched"] == {
        "launches": 0,
        "work": 0,
        "after_last": 0,
        "nodes": 0,
    }


def test_a_whole_recording_has_a_launch_for_each_kernel_and_the_other_way_round(tmp_path):
    run = recorded("for _ in range(500): x.add_(1)\ny = x.cpu()\n", tmp_path)
    assert json.loads((run / "summary.json").read_text())["unmatched"] == {
        "launches": 0,
        "work": 0,
        "after_last": 0,
        "nodes": 0,
    }


def test_attributes_reach_the_trace(tmp_path):
    text = """
with nvtx.annotate("step", domain="mine", category="io", color="red", payload=-3): x.add_(1)
nvtx.mark("here", domain="mine")
"""
    rows = {row["name"]: row for row in events(recorded(text, tmp_path)) if row.get("cat") == "nvtx"}
    assert rows["step"]["args"].items() >= {"domain": "mine", "category": "io", "payload": "-3"}.items()
    assert rows["here"]["args"]["mark"] == 1


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGSEGV])
def test_ranges_survive_whatever_ends_the_process(ending, tmp_path):
    text = f"""
with nvtx.annotate("whole"): x.add_(1)
nvtx.push_range("open")
os.kill(os.getpid(), {int(ending)})
"""
    run = recorded(text, tmp_path, code=-ending)
    rows = {row["name"]: row for row in events(run) if row.get("cat") == "nvtx"}
    assert rows.keys() == {"whole", "open"}
    assert rows["open"]["args"]["unfinished"] == 1


def test_it_costs_the_script_no_row_that_it_has_natively(tmp_path):
    """A thread that nobody named and that had no range keeps its rows, under whatever id it has."""
    text = """
def work():
    for _ in range(7): x.add_(1)
    torch.cuda.synchronize()
with nvtx.annotate("waiting"):
    thread = threading.Thread(target=work); thread.start(); thread.join()
"""
    run = recorded(text, tmp_path)
    assert sum(row.get("cat") == "kernel" and "add" in row["name"].lower() for row in events(run)) == 7
    assert operations(run)["waiting"] == 0
