"""Processes that a script starts are what they are natively, and have a trace if they did anything."""

from __future__ import annotations

import json
import re
import time

import pytest

from gpu_trace.recording.unheard import _NOTED
from native import LEAN, Outcome, events, facts, run_both, run_traced, script, write_files
from recalled import run_both as run_both_unless_known

ENVIRONMENTS = """
import os, subprocess, sys
who = sys.argv[1] if len(sys.argv) > 1 else "script"
shown = {name: value for name, value in os.environ.items() if name not in ("_", "OLDPWD", "PWD", "SHLVL")}
print(who, list(shown.items()), sys.path, sys.orig_argv[1:], flush=True)
if who == "nested":
    subprocess.run([sys.executable, __file__, "in a nested one"])
if who == "script":
    me = [sys.executable, __file__]
    subprocess.run([*me, "as it is"])
    subprocess.run([*me, "another"], env=dict(os.environ, X="1"))
    subprocess.run([*me, "in bytes"], env={b"PYTHONPATH": b"/b", b"Y": b"\\xff"})
    subprocess.run([*me, "none"], env={})
    subprocess.run([*me, "spawned"], close_fds=False)
    subprocess.run([*me, "before its start"], preexec_fn=lambda: None)
    os.environ["PYTHONPATH"] = "/a"
    subprocess.run([*me, "with a path"])
    subprocess.run([*me, "with the environment's path"], env=os.environ)
    del os.environ["PYTHONPATH"]
    subprocess.run([*me, "without a path"])
    os.system(f"{sys.executable} {__file__} shell")
    for path in ("/s:$PYTHONPATH", "$PYTHONPATH:/s", "/s:$PYTHONPATH:/t"):
        os.system(f"PYTHONPATH={path} {sys.executable} {__file__} nested")
    os.spawnve(os.P_WAIT, sys.executable, [*me, "spawnve"], {"Y": "2"})
    try: subprocess.run([*me, "x"], env={"A=B": "1"})
    except ValueError as error: print(error)
    try: os.posix_spawn(sys.executable, me, {1: 2})
    except TypeError as error: print(error)
    sys.stdout.flush()
    os.execve(sys.executable, [*me, "exec"], {"Z": "1"})
"""


@pytest.mark.parametrize("path", [{}, {"PYTHONPATH": ""}, {"PYTHONPATH": "/p:/q"}], ids=["", "empty", "path"])
def test_each_finds_its_native_environment(path, tmp_path):
    native, traced = run_both(script(ENVIRONMENTS, environment=path), tmp_path)
    assert traced == native
    assert len(traced.stdout.splitlines()) == 21


START = f"""
{LEAN}
import multiprocessing, subprocess
def work(number): return float(torch.ones(4).mul(number).sum())
if __name__ == "__main__":
    torch.ones(4).sin()
"""
WAYS = {
    "torch.multiprocessing.spawn": "    torch.multiprocessing.spawn(work, nprocs=1)\n",
    "a process pool": (
        "    from concurrent.futures import ProcessPoolExecutor\n"
        "    with ProcessPoolExecutor(1, multiprocessing.get_context('spawn')) as pool:\n"
        "        print(list(pool.map(work, [1, 2])))\n"
    ),
    "a fork server": (
        "    with multiprocessing.get_context('forkserver').Pool(1) as pool:\n"
        "        print(pool.map(work, [1, 2])); pool.close(); pool.join()\n"
    ),
    "a subprocess with an environment of its own": (
        f"    code = {LEAN + 'print(torch.ones(4).mul(3).sum())'!r}\n"
        "    subprocess.run([sys.executable, '-c', code], env={'A': '1'}, check=True)\n"
    ),
}
NAMES = ["ForkServerPoolWorker-3", "SpawnProcess-1", "SpawnProcess-2", "python -c"]
"""of those that the ways start, one way after the other"""


def started(run) -> dict[str, set[str]]:
    """By what it is called, without its id, the operators of each process that was started."""
    found = {}
    for path in sorted(run.glob("trace-process-*.json.gz")):
        trace = document(path)
        rows = trace["traceEvents"]
        found[trace["gpu_trace_process"].split(" (")[0]] = {row["name"] for row in rows if row.get("cat") == "cpu_op"}
    return found


def document(path):
    import gzip

    return json.loads(gzip.decompress(path.read_bytes()))


def test_each_way_to_start_processes_is_recorded(tmp_path):
    native, traced = run_both_unless_known(script(START + "".join(WAYS.values())), tmp_path)
    assert traced == native
    operators = started(tmp_path / "run")
    assert sorted(operators) == NAMES
    assert all("aten::mul" in found for found in operators.values())
    assert "aten::sin" in {event["name"] for event in events(tmp_path / "run")}
    assert document(tmp_path / "run/trace.json.gz")["gpu_trace_process"] == "the script"
    assert facts(tmp_path / "run")["lost"] == []


def test_those_that_did_nothing_leave_nothing(tmp_path):
    text = (
        f"{LEAN}import subprocess\ntorch.ones(2).sin()\n"
        "for code in ('pass', 'import torch', '1 / 0'): subprocess.run([sys.executable, '-c', code], stderr=-3)"
    )
    write_files(case := script(text), tmp_path)
    assert run_traced(case, tmp_path, tmp_path / "run") == Outcome("", "", 0)
    assert facts(tmp_path / "run")["traces"] == ["trace.json.gz"]
    assert facts(tmp_path / "run")["lost"] == []


def test_who_wants_none_has_none_and_no_stacks_either(tmp_path):
    case = script(START + WAYS["a subprocess with an environment of its own"])
    write_files(case, tmp_path)
    assert run_traced(case, tmp_path, tmp_path / "run", "--no-follow", "--no-stacks").code == 0
    said = facts(tmp_path / "run")
    assert (said["traces"], said["lost"], said["stacks"]) == (["trace.json.gz"], [], None)
    assert not [row for row in events(tmp_path / "run") if row.get("cat") == "python_function"]


def test_forked_before_torch_was_imported_they_are_recorded_and_afterwards_they_are_counted(tmp_path):
    text = (
        "import os\ndef fork(work):\n    pid = os.fork()\n    if pid == 0: work(); raise SystemExit(3)\n"
        "    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)\n"
        f"def first():\n    {LEAN}    torch.ones(2).sin()\n"
        f"fork(first)\n{LEAN}torch.ones(2).cos()\n"
        "fork(lambda: torch.ones(2).tan())\nfork(lambda: os.execvp('sh', ['sh', '-c', 'exit 3']))\n"
    )
    native, traced = run_both_unless_known(script(text), tmp_path)
    assert (native.stdout, traced) == ("3\n3\n3\n", native)
    assert ["aten::sin" in found for found in started(tmp_path / "run").values()] == [True]
    assert "aten::cos" in {event["name"] for event in events(tmp_path / "run")}
    [said] = facts(tmp_path / "run")["lost"]
    assert said.startswith("the script: operators of 1 forked process, in which")


KILLED = f"{LEAN}import os; torch.ones(3).sin(); os.kill(os.getpid(), 9)"


def test_one_sentence_names_those_that_were_killed(tmp_path):
    text = (
        f"{LEAN}import subprocess\ntorch.ones(4).cos()\n"
        f"code = {KILLED!r}\n"
        "for _ in range(2): print(subprocess.run([sys.executable, '-c', code]).returncode)\n"
    )
    write_files(case := script(text), tmp_path)
    outcome = run_traced(case, tmp_path, tmp_path / "run")
    assert (outcome.stdout, outcome.code) == ("-9\n-9\n", 0)
    [said] = outcome.stderr.splitlines()
    lost = r"gpu-trace: lost: python -c \(\d+\), python -c \(\d+\): the trace of torch's profiler: the process ended .*"
    assert re.fullmatch(lost, said)
    assert facts(tmp_path / "run")["traces"] == ["trace.json.gz"]


def test_one_sentence_names_one_whose_shell_replaced_its_path(tmp_path):
    text = f"{LEAN}import os\ntorch.ones(4).cos()\n"
    text += "os.system(f'PYTHONPATH=/nowhere {sys.executable} child.py')\n"
    write_files(case := script(text), tmp_path)
    child = f"{LEAN}import os, time\nprint(torch.ones(3).sum(), flush=True)\n"
    child += f"while not os.path.exists('run/.raw/{_NOTED}'): time.sleep(0.05)\n"
    (tmp_path / "child.py").write_text(child)
    assert run_traced(case, tmp_path, tmp_path / "run") == Outcome("tensor(3.)\n", "", 0)
    [said] = facts(tmp_path / "run")["lost"]
    assert re.fullmatch(r"child.py \(\d+\): its PYTHONPATH was replaced, by which Python finds the recorder; .*", said)
    assert facts(tmp_path / "run")["traces"] == ["trace.json.gz"]


HIDES = f"""
{LEAN}
import subprocess, sys
torch.ones(4).cos()
hide = f'mount -t tmpfs none {{sys.argv[1]}} && exec "$0" -c "$1"'
code = {LEAN + "print(torch.ones(3).sum())"!r}
print(subprocess.run(["unshare", "--map-root-user", "--mount", "sh", "-c", hide, sys.executable, code]).returncode)
"""


def test_one_sentence_names_one_that_does_not_have_the_folder(tmp_path):
    (hidden := tmp_path / "hidden").mkdir()
    write_files(case := script(HIDES, command=("script.py", str(hidden))), tmp_path)
    outcome = run_traced(case, tmp_path, hidden / "run")
    if "unshare" in outcome.stderr or "mount:" in outcome.stderr:
        pytest.skip("needs a namespace of its own")
    assert (outcome.stdout, outcome.code) == ("tensor(3.)\n0\n", 0)
    [said] = outcome.stderr.splitlines()
    assert re.fullmatch(r"gpu-trace: python -c \(\d+\) is not recorded: it cannot write to HERE/hidden/run/.raw", said)
    assert facts(hidden / "run")["traces"] == ["trace.json.gz"]


OUTLIVES = """
import os, subprocess, sys, time
if len(sys.argv) < 2:
    subprocess.Popen([sys.executable, *sys.argv, "outlives"], stdout=open("out", "w"), stderr=subprocess.STDOUT)
    sys.exit(3)
while os.path.exists("run/.raw") or not os.path.exists("run"): time.sleep(0.05)
LEAN
print(torch.ones(3).sum())
os.rename("out", "told")
"""


def test_one_that_outlives_the_run_is_not_told_of_it(tmp_path):
    write_files(case := script(OUTLIVES.replace("LEAN\n", LEAN)), tmp_path)
    assert run_traced(case, tmp_path, tmp_path / "run").code == 3
    deadline = time.monotonic() + 60
    while not (tmp_path / "told").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (tmp_path / "told").read_text() == "tensor(3.)\n"


def test_a_program_that_is_another_one_by_exec_is_recorded_on(tmp_path):
    text = (
        f"{LEAN}import os\nif len(sys.argv) < 2:\n    torch.ones(2).sin()\n"
        "    os.execv(sys.executable, [sys.executable, *sys.argv, 'again'])\ntorch.ones(2).cos()"
    )
    write_files(case := script(text), tmp_path)
    assert run_traced(case, tmp_path, tmp_path / "run") == Outcome("", "", 0)
    assert {"aten::sin", "aten::cos"} <= {event["name"] for event in events(tmp_path / "run")}
    assert facts(tmp_path / "run")["ending"]["text"] == "ended with exit code 0"
