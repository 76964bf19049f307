"""A script with torch must not notice that it is recorded, and what it did must be in the trace, however it ended."""

from __future__ import annotations

import signal

import pytest

from native import Outcome, events, facts, names, run_both, run_traced, script, write_files

START = """
import os, signal, sys, threading, time
import torch
with torch.profiler.record_function("work"): torch.ones(8) + 1
"""
FORK = """
sys.stdout.flush()
pid = os.fork()
if pid == 0:
    torch.ones(4) * 2
    {end}
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
PROFILER = """
from torch.profiler import profile, schedule, ProfilerActivity
with profile(activities=[ProfilerActivity.CPU]) as mine:
    torch.ones(8) - 1
print(sorted({event.key for event in mine.key_averages()}))
mine.export_chrome_trace("mine.json")
"""
SCHEDULE = """
from torch.profiler import profile, schedule, ProfilerActivity
plan = schedule(wait=1, warmup=1, active=1, repeat=2)
ready = lambda p: print(p.step_num, sorted({event.key for event in p.key_averages()}))
with profile(activities=[ProfilerActivity.CPU], schedule=plan, on_trace_ready=ready) as mine:
    for _ in range(7):
        torch.ones(8) - 1
        mine.step()
"""
LOADER = """
from torch.utils.data import DataLoader
if __name__ == "__main__":
    print([int(batch.sum()) for batch in DataLoader(range(8), batch_size=4, num_workers=2)])
"""
AFTER = 'with torch.profiler.record_function("after"): torch.ones(8) + 1\n'
SLEEP = "print('up', flush=True); time.sleep(50)"

CASES = {
    "to its end": script(START),
    "exit 7": script(START + "sys.exit(7)"),
    "exception": script(START + "def f():\n    raise ValueError('x') from KeyError(1)\nf()"),
    "exception in torch": script(START + "torch.ones(2) @ torch.ones(3)"),
    "os._exit": script(START + "os._exit(5)"),
    "os._exit in a thread": script(START + "threading.Thread(target=os._exit, args=(6,)).start(); time.sleep(50)"),
    "Ctrl-C": script(START + SLEEP, send=signal.SIGINT),
    "SIGTERM in a C call": script(START + SLEEP, send=signal.SIGTERM),
    "SIGTERM to itself": script(START + "os.kill(os.getpid(), signal.SIGTERM)\nprint('no')"),
    "SIGTERM handled": script(
        START + "signal.signal(signal.SIGTERM, lambda *a: sys.exit(9))\n" + SLEEP, send=signal.SIGTERM
    ),
    "SIGTERM ignored by a child": script(
        START + "import subprocess\nprint(subprocess.run(['sh', '-c', 'kill -TERM $$; echo no']).returncode)"
    ),
    "a terminated pool": script(
        START
        + "import multiprocessing\np = multiprocessing.get_context('fork').Process(target=time.sleep, args=(50,))\n"
        "p.start(); p.terminate(); p.join(); print(p.exitcode)"
    ),
    "fork then exit": script(START + FORK.format(end="sys.exit(3)")),
    "fork then raise": script(START + FORK.format(end="raise ValueError(1)")),
    "fork then os._exit": script(START + FORK.format(end="os._exit(4)")),
    "exec": script(START + "sys.stdout.flush()\nos.execvp('echo', ['echo', 'other'])"),
    "atexit order": script(START + "import atexit\natexit.register(lambda: print(torch.ones(2) * 3))\nprint('body')"),
    "thread that outlives main": script(
        START + "def f():\n    time.sleep(0.2); torch.ones(2).sin(); print('late')\nthreading.Thread(target=f).start()"
    ),
    "its own profiler": script(START + PROFILER + AFTER),
    "its own profiler with a schedule": script(START + SCHEDULE + AFTER),
    "DataLoader workers": script(START + LOADER),
    "spawn": script(
        START + "import torch.multiprocessing as mp\n"
        "if __name__ == '__main__':\n    with mp.get_context('spawn').Pool(1) as p: print(p.map(abs, [-1]))"
    ),
    "threads": script(START + "t = threading.Thread(target=lambda: torch.ones(2).cos())\nt.start(); t.join()"),
    "environment": script(START + "print({k: v for k, v in os.environ.items() if k != '_'})"),
    "signals": script(START + "print([signal.getsignal(n) for n in range(1, 32)], signal.set_wakeup_fd(-1))"),
    "open descriptors": script(START + "print(sorted(int(fd) for fd in os.listdir('/proc/self/fd')))"),
    "what faulthandler dumps": script(START + "import faulthandler\nfaulthandler.dump_traceback(all_threads=True)"),
    "what torch is": script(
        START + "print(torch.__loader__, torch.__spec__.loader.exec_module.__func__,"
        " [finder for finder in sys.meta_path if '_gpu_trace_boot' not in repr(finder)])"
    ),
    "torch that fails to load": script("import sys\nsys.modules['torch._C'] = None\nimport torch"),
    "compile": script(START + "print(torch.jit.script(torch.nn.Linear(2, 2))(torch.ones(1, 2)).shape)"),
}
NOT_SAVED = {"torch that fails to load"}


@pytest.mark.parametrize("name", CASES)
def test_native_and_traced_are_alike(name, tmp_path):
    case = CASES[name]
    native, traced = run_both(case, tmp_path)
    assert traced == native
    if name not in NOT_SAVED:
        assert {"work", "aten::add"} <= names(tmp_path / "run")
    if AFTER in case.files["script.py"]:
        assert "after" in names(tmp_path / "run")


def test_its_own_profiler_left_running(tmp_path):
    left = "from torch.profiler import profile\nmine = profile()\nmine.start()\nprint('end', flush=True)"
    native, traced = run_both(script(START + left), tmp_path)
    # What torch prints while it crashes on that differs from run to run, natively too.
    assert (traced.stdout, traced.code) == (native.stdout, native.code)
    assert "work" in names(tmp_path / "run")


def recorded(text: str, folder, *options: str):
    """The run folder of a script."""
    case = script(text)
    write_files(case, folder)
    outcome = run_traced(case, folder, folder / "run", *options)
    assert outcome == Outcome(outcome.stdout, "", 0)
    return folder / "run"


def test_threads_are_recorded(tmp_path):
    run = recorded(START + "t = threading.Thread(target=lambda: torch.ones(2).cos())\nt.start(); t.join()", tmp_path)
    rows = {event["name"]: event["tid"] for event in events(run) if event["ph"] == "X"}
    assert rows["aten::cos"] != rows["aten::add"]


def test_a_killed_script_says_what_is_lost(tmp_path):
    case = script(START + "os.kill(os.getpid(), signal.SIGKILL)")
    write_files(case, tmp_path)
    outcome = run_traced(case, tmp_path, tmp_path / "run")
    assert outcome.code == -signal.SIGKILL
    assert "before it could be saved" in outcome.stderr
    assert facts(tmp_path / "run")["ending"]["text"] == "ended by SIGKILL"


def test_names_that_kineto_writes_unescaped(tmp_path):
    awkward = ['a "quoted" name', "a\\b", "tab\there", '", "pid": 3']
    marks = "".join(f"with torch.profiler.record_function({name!r}): pass\n" for name in awkward)
    run = recorded(START + marks, tmp_path)
    assert 'a "quoted" name' in names(run)
    assert len([event for event in events(run) if event.get("cat") == "user_annotation"]) == 1 + len(awkward)


def test_levels(tmp_path):
    shapes = {}
    for level in ("ops", "full"):
        write_files(case := script(START), tmp_path / level)
        run_traced(case, tmp_path / level, run := tmp_path / f"run-{level}", "--level", level)
        rows = [event for event in events(run) if event.get("name") == "aten::add"]
        shapes[level] = [event["args"].get("Input Dims") for event in rows]
    assert shapes == {"ops": [None], "full": [[[8], [], []]]}


LOADER = """
import nvtx, torch
from torch.utils.data import DataLoader, Dataset

class Numbers(Dataset):
    def __len__(self): return 8
    def __getitem__(self, i):
        with nvtx.annotate(f"load {i}"): return torch.ones(2) * i

if __name__ == "__main__":
    print([batch.sum().item() for batch in DataLoader(Numbers(), batch_size=2, num_workers=2)])
"""


def test_workers_of_a_data_loader_have_their_ranges_in_the_trace(tmp_path):
    native, traced = run_both(script(LOADER), tmp_path)
    assert native == traced
    loads = {row["name"]: row["pid"] for row in events(tmp_path / "run") if row["name"].startswith("load ")}
    assert loads.keys() == {f"load {i}" for i in range(8)}
    assert len(set(loads.values())) == 2
