"""A script with torch must not notice that it is recorded, and what it did must be in the trace, however it ended."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from endings import ENDINGS, ending
from native import LEAN, NO_COMPILER, WHOLE, events, facts, names, run_traced, script, write_files
from recalled import run_both

START = f"""
{LEAN}
import os, signal, threading, time
with torch.profiler.record_function("work"): torch.ones(8) + 1
"""
ALL_OF_TORCH = START.replace(LEAN, WHOLE)
FORK = """
sys.stdout.flush()
pid = os.fork()
if pid == 0:
    torch.ones(4) * 2
    {end}
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
CHILDREN = (
    "import multiprocessing, subprocess\n"
    + "".join(FORK.format(end=end) for end in ("sys.exit(3)", "raise ValueError(1)", "os._exit(4)"))
    + """
print("ignores SIGTERM", subprocess.run(["sh", "-c", "kill -TERM $$; echo no"]).returncode)
p = multiprocessing.get_context("fork").Process(target=time.sleep, args=(50,))
p.start(); p.terminate(); p.join(); print("terminated", p.exitcode)
"""
)
LOOKED_AT = """
import atexit, faulthandler
print("modules", sorted(name for name in sys.modules if "_gpu_trace_boot" not in name))
print("environment", {k: v for k, v in os.environ.items() if k != "_"})
print("signals", [signal.getsignal(n) for n in range(1, 32)], signal.set_wakeup_fd(-1))
print("descriptors", sorted(int(fd) for fd in os.listdir("/proc/self/fd")))
print("what torch is", torch.__loader__, torch.__spec__.loader.exec_module.__func__,
      [finder for finder in sys.meta_path if "_gpu_trace_boot" not in repr(finder)])
faulthandler.dump_traceback(all_threads=True)
t = threading.Thread(target=lambda: torch.ones(2).cos())
t.start(); t.join()
print("compiled", torch.jit.script(torch.nn.Linear(2, 2))(torch.ones(1, 2)).shape)
def late():
    time.sleep(0.2); torch.ones(2).sin(); print("a thread that outlives main")
threading.Thread(target=late).start()
atexit.register(lambda: print("at exit", torch.ones(2) * 3))
print("body")
"""
AWKWARD = ['a "quoted" name', "a\\b", "tab\there", '", "pid": 3']
NAMED = "".join(f"with torch.profiler.record_function({name!r}): pass\n" for name in AWKWARD)
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
WORKERS = """
import nvtx
import torch.multiprocessing as mp
from torch.utils.data import DataLoader, Dataset

class Numbers(Dataset):
    def __len__(self): return 8
    def __getitem__(self, i):
        with nvtx.annotate(f"load {i}"): return torch.ones(2) * i

if __name__ == "__main__":
    print([int(batch.sum()) for batch in DataLoader(range(8), batch_size=4, num_workers=2)])
    print([batch.sum().item() for batch in DataLoader(Numbers(), batch_size=2, num_workers=2)])
    with mp.get_context("spawn").Pool(1) as p: print(p.map(abs, [-1]))
"""
AFTER = 'with torch.profiler.record_function("after {}"): torch.ones(8) + 1\n'

CASES = {
    "to its end": script(START.replace(LEAN, "import sys, torch\n") + LOOKED_AT + NAMED),
    "children": ending("exception", START + CHILDREN),
    "workers": script(ALL_OF_TORCH + WORKERS),
    "its own profiler": ending("os._exit", ALL_OF_TORCH + PROFILER + AFTER.format(1) + SCHEDULE + AFTER.format(2)),
    "torch that fails to load": script("import sys\nsys.modules['torch._C'] = None\nimport torch"),
}
"""Each is a process with torch natively and one recorded: what can be looked at in one stands in one."""
OPTIONS = {"children": ("--level", "ops")}
RECORDED = {
    "to its end": {"aten::cos", "aten::sin", "aten::mul", 'a "quoted" name'},
    "children": {"last"},
    "its own profiler": {"after 1", "after 2", "last"},
    "workers": {f"load {i}" for i in range(8)},
}
NOT_SAVED = {"torch that fails to load"}


@pytest.mark.parametrize("name", CASES)
def test_native_and_traced_are_alike(name, tmp_path):
    native, traced = run_both(CASES[name], tmp_path, *OPTIONS.get(name, ()))
    assert traced == native
    if name not in NOT_SAVED:
        assert {"work", "aten::add"} | RECORDED.get(name, set()) <= names(tmp_path / "run")
    if name in CHECKED:
        CHECKED[name]([event for event in events(tmp_path / "run") if event["ph"] == "X"])


def check_to_its_end(rows):
    """Threads have rows of their own, and names that Kineto writes unescaped break nothing."""
    of_threads = {row["name"]: row["tid"] for row in rows}
    assert len({of_threads["aten::cos"], of_threads["aten::sin"], of_threads["aten::add"]}) == 3
    assert len([row for row in rows if row.get("cat") == "user_annotation"]) == 1 + len(AWKWARD)


def check_workers(rows):
    """Those of a data loader have their ranges in the trace."""
    loads = {row["name"]: row["pid"] for row in rows if row["name"].startswith("load ")}
    assert len(set(loads.values())) == 2


def check_children(rows):
    """At the level ``ops`` operators have no shapes."""
    assert {row["args"].get("Input Dims") for row in rows if row["name"] == "aten::add"} == {None}


CHECKED = {
    "to its end": check_to_its_end,
    "children": check_children,
    "workers": check_workers,
}


def test_each_ending_is_that_of_a_script():
    scripts = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert [name for name in ENDINGS if f'"{name}"' not in scripts] == []


def test_its_own_profiler_left_running(tmp_path):
    left = "from torch.profiler import profile\nmine = profile()\nmine.start()\nprint('end', flush=True)"
    native, traced = run_both(script(START + NO_COMPILER + left), tmp_path, printed_alone=True)
    assert traced == native
    assert "work" in names(tmp_path / "run")


def test_a_killed_script_says_what_is_lost(tmp_path):
    case = script(START + "os.kill(os.getpid(), signal.SIGKILL)")
    write_files(case, tmp_path)
    outcome = run_traced(case, tmp_path, tmp_path / "run")
    assert outcome.code == -signal.SIGKILL
    assert "before saving it" in outcome.stderr
    assert facts(tmp_path / "run")["ending"]["text"] == "ended by SIGKILL"


def test_at_the_level_full_operators_have_shapes_and_memory_if_a_profiler_is_of_one_thread(tmp_path):
    tells = 'print("profile_all_threads:" in (torch._C._profiler._ExperimentalConfig.__init__.__doc__ or ""))'
    write_files(case := script(START + tells), tmp_path)
    told = run_traced(case, tmp_path, tmp_path / "run", "--level", "full").stdout.split()[-1]
    recorded = events(tmp_path / "run")
    [shapes] = [event["args"]["Input Dims"] for event in recorded if event.get("name") == "aten::add"]
    assert shapes == [[8], [], []]
    assert any(event.get("name") == "[memory]" for event in recorded) == (told == "False")
