"""A script's own torch.profiler, used as one does not: it does what it does natively, and our recording survives it."""

from __future__ import annotations

import re

import pytest

from endings import ending
from gpu_trace_analyzers.questions.overlap import device_figures
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.readers import load
from native import LEAN, NO_COMPILER, facts, names, run_traced, script, torch_has_cuda, write_files
from recalled import run_both

START = f"""
{LEAN}
{NO_COMPILER}
from torch.profiler import profile, record_function
with record_function("work"): torch.ones(8) + 1
def tried(action):
    try: action()
    except Exception as error: print("raised", type(error).__name__, str(error)[:80])
"""
NOT_SEEN = re.compile(r"the events of ((\d+) intervals?) \(([\d.]+) ms\) while the script used torch's profiler itself")
AFTER = '\nprint("on")\nwith record_function("after {}"): torch.ones(8) + 1\n'
RAW = """
from torch._C._autograd import _disable_profiler, _enable_profiler, _prepare_profiler
from torch._C._profiler import ProfilerActivity, ProfilerConfig, ProfilerState
from torch._C._profiler import _ExperimentalConfig
def config(state=ProfilerState.KINETO):
    return ProfilerConfig(state, False, False, False, False, False, _ExperimentalConfig(), "")
CPU = {ProfilerActivity.CPU}
"""

USES = {
    "stopped twice": "p = profile(); p.start(); torch.ones(2) + 1; p.stop()\ntried(p.stop)",
    "stopped inside with": "with profile() as p:\n    torch.ones(3) + 1\n    p.stop()\nprint(len(p.events()))",
    "nested": (
        "p = profile(); p.start()\ndef inner():\n    global q\n    with profile() as q: torch.ones(2) + 1\n"
        "tried(inner); p.stop(); print(len(p.events()), len(q.events()))"
    ),
    "nested low level": (
        "with profile() as p:\n    torch.ones(3) + 1\n"
        "    def inner():\n        with torch.autograd.profiler.profile() as q: torch.ones(2) + 1\n    tried(inner)"
    ),
    "started twice": (
        "p = profile(); p.start(); torch.ones(2) + 1\nq = profile()\n"
        "for action in (q.start, q.stop, p.stop): tried(action)"
    ),
    "torch.profiler reloaded": (
        "import importlib; importlib.reload(torch.profiler.profiler); importlib.reload(torch.profiler)\n"
        "with torch.profiler.profile() as p: torch.ones(2) + 1\nprint(len(p.events()))"
    ),
    "torch.autograd.profiler reloaded": (
        "import importlib, torch.autograd.profiler as module; importlib.reload(module)\n"
        "with module.profile(use_kineto=True) as p: torch.ones(2) + 1\nprint(len(p.function_events))"
    ),
    "low-level functions": RAW
    + (
        "_prepare_profiler(config(), CPU); _enable_profiler(config(), CPU); torch.ones(2) + 1\n"
        "print(len(_disable_profiler().events()))\ntried(_disable_profiler)"
    ),
    "a bare disable": "tried(torch.autograd.profiler._disable_profiler)",
    "a bare disable by another name": "tried(torch.autograd._disable_profiler)\n" + RAW + "tried(_disable_profiler)",
    "a bare disable in another thread": RAW
    + (
        "import threading\np = profile(); p.start(); torch.ones(2) + 1\n"
        "t = threading.Thread(target=lambda: tried(_disable_profiler)); t.start(); t.join()\n"
        "p.stop(); print(len(p.events()))"
    ),
    "a session of a kind that is not built in": RAW
    + ("tried(lambda: _enable_profiler(config(ProfilerState.NVTX), set()))" if not torch_has_cuda() else ""),
    "another kind": RAW + "tried(lambda: (_enable_profiler(config(ProfilerState.ITT), set()), _disable_profiler()))",
    "the legacy profiler": (
        "from torch.autograd.profiler_legacy import profile as legacy\n"
        "with legacy() as p: torch.ones(2) + 1\nprint(len(p.function_events))"
    ),
    "collection toggled without a session": RAW
    + "tried(lambda: torch.autograd._toggle_collection_dynamic(False, CPU))",
    "preparations that torch refuses": RAW
    + (
        "for wrong in ((), (1, 2), (config(), [1]), (config(), CPU, 3), (config(), {4})):\n"
        "    tried(lambda: _prepare_profiler(*wrong))\n"
        "tried(lambda: _prepare_profiler(config(), CPU, nothing=1))\n"
        "tried(lambda: _prepare_profiler(config(), CPU, activity_filter=1))\n"
        "print(_prepare_profiler(config(), CPU)); _enable_profiler(config(), CPU); print(type(_disable_profiler()))"
    ),
    "in a forked child": (
        "import os, sys\nsys.stdout.flush()\nif os.fork() == 0:\n    with profile() as p: torch.ones(2) + 1\n"
        "    p.stop(); print(len(p.events()), flush=True); os._exit(0)\nprint(os.wait()[1])"
    ),
    "what the functions are": (
        "a = torch.autograd\nfor f in (a._prepare_profiler, a._enable_profiler, a._disable_profiler):\n"
        "    print(f.__name__, f.__qualname__, f.__module__, f.__doc__)"
    ),
}


SCRIPTS = {
    "classes": [
        "stopped twice", "stopped inside with", "nested", "nested low level", "started twice", "in a forked child",
    ],
    "functions": [
        "low-level functions", "a bare disable", "a bare disable by another name", "a bare disable in another thread",
        "a session of a kind that is not built in", "another kind", "collection toggled without a session",
        "preparations that torch refuses", "what the functions are",
    ],
    "modules": ["torch.profiler reloaded", "torch.autograd.profiler reloaded", "the legacy profiler"],
}  # fmt: skip
"""Uses that follow one another in one process: after each the recording goes on, so the next meets it under way."""
END = {"classes": "exec", "functions": "SIGTERM to itself", "modules": "os._exit in a thread"}


def test_each_use_is_in_a_script():
    assert sorted(use for uses in SCRIPTS.values() for use in uses) == sorted(USES)


@pytest.mark.parametrize("name", SCRIPTS)
def test_native_and_traced_are_alike(name, tmp_path):
    uses = SCRIPTS[name]
    case = ending(END[name], START + "".join(USES[use] + AFTER.format(use) for use in uses))
    native, traced = run_both(case, tmp_path)
    assert traced == native
    assert native.stdout.splitlines().count("on") == len(uses)
    assert {"work", *(f"after {use}" for use in uses), "last"} <= names(tmp_path / "run")
    said = [sentence for sentence in facts(tmp_path / "run")["lost"] if "forked process" not in sentence]
    assert len(said) <= 1
    assert all(NOT_SEEN.fullmatch(sentence) for sentence in said)


PAUSES = """
import time
for _ in range(20): torch.ones(100, 100) @ torch.ones(100, 100)
with profile() as p:
    began = time.time_ns(); time.sleep(0.3); print(began, time.time_ns())
for _ in range(20): torch.ones(100, 100) @ torch.ones(100, 100)
"""


@pytest.mark.parametrize("level", ["gpu", "ops"])
def test_what_was_not_recorded_meanwhile_is_not_idle(level, tmp_path):
    case = script(START + PAUSES)
    write_files(case, tmp_path)
    outcome = run_traced(case, tmp_path, tmp_path / "run", "--level", level)
    began_ns, ended_ns = map(int, outcome.stdout.split())
    trace = load(tmp_path / "run/trace.json.gz")
    windows = [(trace.epoch_ns + start, trace.epoch_ns + end) for start, end in pairs(trace.windows)]
    (_, first_end), (second_start, _) = windows
    assert first_end < began_ns < ended_ns < second_start
    operators = load(tmp_path / "run/trace.json.gz", operators=True).operators
    assert all(any(s <= a <= b <= e for s, e in pairs(trace.windows)) for a, b in pairs(operators))
    [said] = facts(tmp_path / "run")["lost"]
    assert NOT_SEEN.fullmatch(said)[1] == "1 interval"
    assert (ended_ns - began_ns) / 1e6 < float(NOT_SEEN.fullmatch(said)[3]) < (second_start - first_end) / 1e6 + 50
    figures = device_figures(Scope(trace), 0)
    assert figures.unrecorded_ns >= ended_ns - began_ns
    assert figures.span_ns + figures.unrecorded_ns == trace.work.end_ns.max() - trace.work.start_ns.min()
    last, first = (
        (trace.work.end_ns <= first_end - trace.epoch_ns),
        (trace.work.start_ns >= second_start - trace.epoch_ns),
    )
    assert figures.unrecorded_ns == trace.work.start_ns[first].min() - trace.work.end_ns[last].max()


def pairs(table):
    return list(zip(table.start_ns.tolist(), table.end_ns.tolist(), strict=True))


PREPARED = """
def mark(name):
    with record_function(name): torch.ones(4) + 1
p = profile(); p.prepare_trace()
mark("prepared")
"""
STARTED = """
p.start_trace(); mark("mine"); p.stop_trace()
print(sorted({event.key for event in p.key_averages()}))
mark("between")
for _ in range(2): q = profile(); q.prepare_trace(); mark("again")
q.start_trace(); mark("mine"); q.stop_trace()
print(sorted({event.key for event in q.key_averages()}))
"""


def test_a_profiler_that_is_prepared_and_never_started_keeps_nothing_away(tmp_path):
    native, traced = run_both(ending("SIGINT at its default", START + PREPARED + AFTER.format("")), tmp_path)
    assert traced == native
    assert {"work", "prepared", "after ", "last"} <= names(tmp_path / "run")
    assert facts(tmp_path / "run")["lost"] == []


def test_a_profiler_that_is_started_long_after_it_was_prepared(tmp_path):
    native, traced = run_both(ending("Ctrl-C", START + PREPARED + STARTED + AFTER.format("")), tmp_path)
    assert traced == native
    assert {"work", "prepared", "between", "again", "after ", "last"} <= names(tmp_path / "run")
    assert "mine" not in names(tmp_path / "run")
    [said] = facts(tmp_path / "run")["lost"]
    assert NOT_SEEN.fullmatch(said)[2] == "2"


@pytest.mark.parametrize(("started", "end"), [("", "exit 7"), (STARTED, "SIGQUIT to itself")])
def test_a_profiler_that_was_prepared_before_the_recording_began(started, end, tmp_path):
    step = "optimizer = torch.optim.SGD([torch.ones(1, requires_grad=True)])\noptimizer.step()\nmark('stepped')\n"
    case = ending(end, START + PREPARED + step + started + AFTER.format(""))
    native, traced = run_both(case, tmp_path, "--steps", "1:9")
    assert traced == native
    assert {"stepped", "after ", "last"} <= names(tmp_path / "run")
    assert not {"prepared", "mine"} & names(tmp_path / "run")
