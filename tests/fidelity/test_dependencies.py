"""``run --dependencies``: each operator has its node, and the script does not notice."""

from __future__ import annotations

import gzip
import json
import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gpu_trace_analyzers.readers import load
from native import LEAN, NO_COMPILER, WHOLE, Case, Outcome, facts, run_traced, script, write_files
from rank_jobs import JOB, LEAVE
from recalled import run_both

if TYPE_CHECKING:
    from pathlib import Path

START = f"""
{LEAN}
import os, threading, time
def step(): (torch.ones(4, requires_grad=True) * 2).sum().backward()
step()
"""
OBSERVER = "from torch.profiler import ExecutionTraceObserver, profile\n"
GAVE_WAY = "data dependencies: the script has an execution trace observer of its own, and PyTorch allows one"
MODES = """
from torch.utils._python_dispatch import TorchDispatchMode
class Tells(TorchDispatchMode):
    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        print(function); return function(*args, **kwargs or {})
Tells().__enter__(); torch.ones(2)
"""
USES = {
    "modes are left on": f"{MODES}\ntorch.set_default_device('meta')\ntorch.ones(3)",
    "random": "torch.manual_seed(1)\nimport atexit; atexit.register(lambda: print(torch.rand(3)))\n"
    "print(torch.rand(3))",
    "defaults": (
        "torch.set_default_dtype(torch.float64); torch.set_grad_enabled(False)\nimport atexit\n"
        "atexit.register(lambda: print(torch.get_default_dtype(), torch.is_grad_enabled(), torch.ones(2).dtype))"
    ),
    "exits": "sys.exit(3)",
    "raises": "raise ValueError('on purpose')",
    "leaves": "sys.stdout.flush(); os._exit(4)",
    "threads": "threads = [threading.Thread(target=step) for _ in range(8)]\nfor t in threads: t.start()\n"
    "for t in threads: t.join()\nprint('joined')",
    "a daemon at work": "def work():\n    while True: step()\n"
    "threading.Thread(target=work, daemon=True).start(); time.sleep(0.3); print('left')",
    "forks": "pid = os.fork()\nif pid == 0:\n    step(); sys.exit(5)\n"
    "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))",
    "loads data": "if True:\n    from torch.utils.data import DataLoader\n"
    "    for batch in DataLoader(torch.arange(8.0), batch_size=4, num_workers=2): print(batch.sum()); step()",
    "awkward names": "with torch.profiler.record_function('a \"quoted\"\\n\\tname'): step()",
    "profiles": "from torch.profiler import profile\nwith profile() as p: torch.ones(2).sin()\n"
    "print(sorted(event.key for event in p.key_averages()))\nstep()",
}
SCRIPTS = (
    ("threads", "awkward names", "random", "exits"),
    ("forks", "loads data", "defaults", "raises"),
    ("profiles", "leaves"),
    ("a daemon at work", "modes are left on"),
)
"""Uses that follow one another in one process; the last one ends it."""


def nodes(run: Path, name: str = "execution-trace.json.gz") -> list[dict[str, Any]]:
    return list(json.loads(gzip.decompress((run / name).read_bytes()))["nodes"])


def joined(run: Path, name: str = "trace.json.gz") -> tuple[list[str], list[str]]:
    """The names of a trace's operators, and of the node of each; every number of a node is one node's."""
    found = nodes(run, f"execution-{name}")
    by_number = {node["attrs"][0]["value"]: node["name"] for node in found if node["attrs"][0]["value"]}
    assert len({node["id"] for node in found}) == len(found)
    trace = load(run / name, operators=True)
    numbers = trace.operators.record_function.tolist()
    return [trace.text(code) for code in trace.operators.name], [by_number.get(number, "") for number in numbers]


def last_of_threads(run: Path) -> set[int]:
    """The rows of operators that were open when the last one of their thread began: they may have been cut off."""
    of = load(run / "trace.json.gz", operators=True).operators
    begins = {thread: of.start_ns[of.thread == thread].max() for thread in set(of.thread.tolist())}
    rows = enumerate(zip(of.thread.tolist(), of.end_ns.tolist(), strict=True))
    return {row for row, (thread, end_ns) in rows if end_ns >= begins[thread]}


def traced(text: str, folder: Path, *options: str) -> Outcome:
    case = script(START + text)
    write_files(case, folder)
    return run_traced(case, folder, folder / "run", "--dependencies", *options)


def test_each_use_is_in_a_script():
    assert sorted(use for uses in SCRIPTS for use in uses) == sorted(USES)


@pytest.mark.parametrize("uses", SCRIPTS, ids=", ".join)
def test_a_script_does_what_it_does_natively(uses, tmp_path):
    whole = {"loads data", "modes are left on"} & set(uses)
    text = (START.replace(LEAN, WHOLE) if whole else START) + (NO_COMPILER if "profiles" in uses else "")
    native, ours = run_both(script("\n".join([text, *(USES[use] for use in uses)])), tmp_path, "--dependencies")
    assert ours == native
    operators, numbered = joined(tmp_path / "run")
    cut_off = last_of_threads(tmp_path / "run") if "a daemon at work" in uses else set()
    without = {row for row, name in enumerate(numbered) if not name}
    assert without <= cut_off
    assert [name for name in numbered if name] == [name for row, name in enumerate(operators) if row not in without]
    assert "MulBackward0" in operators
    found = facts(tmp_path / "run")["dependencies"]
    assert found["operators"] >= len(operators) - len(without)
    assert ("cost_ns_per_operator" in found) == ("leaves" not in uses)


def test_the_cost_of_an_operator_is_measured_and_in_the_trace(tmp_path):
    assert traced("", tmp_path) == Outcome("", "", 0)
    found = facts(tmp_path / "run")
    [stated] = load(tmp_path / "run").source.dependencies
    assert found["level"] == "ops"
    assert found["dependencies"] == {"operators": stated.operators, "cost_ns_per_operator": stated.cost_ns_per_operator}
    assert 300 < stated.cost_ns_per_operator < 2_000_000
    names = [node["name"] for node in nodes(tmp_path / "run")]
    assert (len(names) < 100, [name for name in names if "gpu-trace" in name]) == (True, [])


STEPS = f"""
{NO_COMPILER}
layer = torch.nn.Linear(4, 4)
optimizer = torch.optim.SGD(layer.parameters())
for _ in range(40):
    layer(torch.ones(4)).sum().backward(); optimizer.step(); time.sleep(0.002)
"""


def test_of_a_window_of_steps_the_clock_of_others_is_known(tmp_path):
    assert traced(STEPS, tmp_path, "--steps", "10:12") == Outcome("", "", 0)
    operators, numbered = joined(tmp_path / "run")
    assert numbered == operators
    assert operators.count("AddmmBackward0") == 2
    assert 2_000_000 < facts(tmp_path / "run")["dependencies"]["unrecorded_step_ns"] < 200_000_000


def test_all_sessions_are_in_one_file_with_numbers_of_their_own(tmp_path):
    text = "import nvtx\nfor _ in range(3):\n    with nvtx.annotate('part'): step()\n    torch.ones(2).cos()\nx = 1"
    assert traced(text, tmp_path, "--range", "part") == Outcome("", "", 0)
    operators, numbered = joined(tmp_path / "run")
    assert numbered == operators
    assert (operators.count("MulBackward0"), operators.count("aten::cos")) == (3, 0)


def test_shapes_and_stacks_go_with_it(tmp_path):
    assert traced("", tmp_path, "--level", "full") == Outcome("", "", 0)
    operators, numbered = joined(tmp_path / "run")
    assert (numbered, facts(tmp_path / "run")["level"]) == (operators, "full")


def test_an_observer_of_the_scripts_own_has_all_that_it_has_natively(tmp_path):
    text = f"""
{NO_COMPILER}{OBSERVER}
observer = ExecutionTraceObserver().register_callback("own.json")
with profile(execution_trace_observer=observer): torch.ones(3).cos()
import json; print([node["name"] for node in json.load(open("own.json"))["nodes"]])
torch.ones(3).tan()
"""
    native, ours = run_both(script(START + text), tmp_path, "--dependencies")
    assert ours == replace(native, stderr=f"{native.stderr}gpu-trace: lost: {GAVE_WAY}\n")
    assert GAVE_WAY in facts(tmp_path / "run")["lost"]
    operators, numbered = joined(tmp_path / "run")
    assert "MulBackward0" in numbered
    assert {name for name, number in zip(operators, numbered, strict=True) if not number} >= {"aten::tan"}


def test_a_forked_child_may_have_an_observer_of_its_own(tmp_path):
    text = f"""
{NO_COMPILER}{OBSERVER}
pid = os.fork()
if pid == 0:
    observer = ExecutionTraceObserver().register_callback("own.json")
    observer.start(); torch.ones(3).cos(); observer.stop(); observer.unregister_callback()
    os._exit(0)
os.waitpid(pid, 0)
import json; print([node["name"] for node in json.load(open("own.json"))["nodes"]])
"""
    native, ours = run_both(script(START + text), tmp_path, "--dependencies")
    assert ours == native
    operators, numbered = joined(tmp_path / "run")
    assert numbered == operators


def test_of_a_killed_process_the_operators_that_were_written_stay(tmp_path):
    text = "for _ in range(200): step()\nsys.stdout.flush(); os.kill(os.getpid(), 9)"
    assert traced(text, tmp_path).code == -signal.SIGKILL
    assert [node["name"] for node in nodes(tmp_path / "run")].count("MulBackward0") > 150
    cut = "the data dependencies of the last operators: the process ended before they were written"
    assert cut in facts(tmp_path / "run")["lost"]


def test_of_a_terminated_process_nothing_is_lost(tmp_path):
    assert traced("os.kill(os.getpid(), 15); time.sleep(9)", tmp_path).code == -signal.SIGTERM
    operators, numbered = joined(tmp_path / "run")
    assert (numbered, facts(tmp_path / "run")["lost"]) == (operators, [])


def test_each_rank_has_a_file_of_its_own(tmp_path):
    case = Case({"job.py": JOB + LEAVE}, command=("job.py",))
    write_files(case, tmp_path)
    ended = run_traced(case, tmp_path, tmp_path / "run", "--dependencies", "--nproc-per-node", "2")
    assert (sorted(ended.stdout.splitlines()), ended.code) == (["rank 0: 3", "rank 1: 3"], 0), ended.stderr
    for rank in range(2):
        operators, numbered = joined(tmp_path / "run", f"trace-rank-{rank}.json.gz")
        assert numbered == operators
        assert "c10d::allreduce_" in operators
    assert len(load(tmp_path / "run").source.dependencies) == 2
