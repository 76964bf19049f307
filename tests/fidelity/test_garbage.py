"""Long garbage collections are ranges of the trace, and `gc` is to a script what it is natively."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.vocabulary.own_ranges import DOMAIN, GARBAGE_COLLECTION
from native import LEAN, events, facts, run_traced, script, write_files
from recalled import run_both

ON_CPU = {"CUDA_VISIBLE_DEVICES": ""}
LOOKS = f"""
import gc, os, sys
def early(phase, info): seen.append(("early", phase, info["generation"]))
seen = []
gc.callbacks.append(early)
before = gc.callbacks
{LEAN}
torch.ones(8) + 1
print(gc.callbacks == [early], type(gc.callbacks), len(gc.callbacks), gc.isenabled(), gc.get_threshold())
def called(phase, info):
    caller = sys._getframe(1)
    seen.append((phase, sorted(info), caller.f_code.co_name, info["generation"]))
def fails(phase, info): raise ValueError(phase)
def collect(generation):
    gc.collect(generation)
gc.disable()
gc.collect()
seen.clear()
def calls(frame, event, arg): seen.append((event, frame.f_code.co_name))
gc.callbacks.append(called)
sys.setprofile(calls); collect(1); sys.setprofile(None)
print(seen); seen.clear()
gc.callbacks.insert(0, fails)
collect(2); print(seen); seen.clear()
gc.callbacks.remove(fails); gc.callbacks[:] = [called]
collect(0); print(seen); seen.clear()
class Cycle:
    def __init__(self): self.me = self
    def __del__(self): print("deleted", gc.callbacks == [called])
Cycle()
counts = [stats["collections"] for stats in gc.get_stats()]
print(gc.collect() >= 1, [after["collections"] - was for after, was in zip(gc.get_stats(), counts)])
before.append(early); seen.clear(); collect(0); print(sorted(row[0] for row in seen)); seen.clear()
sys.stdout.flush()
pid = os.fork()
if pid == 0:
    print("child", len(gc.callbacks)); collect(0); print(len(seen)); sys.stdout.flush(); os._exit(0)
os.waitpid(pid, 0)
gc.callbacks.clear(); collect(0); print(len(seen), gc.callbacks)
def at_the_end(phase, info): print("at the end", phase)
import atexit
atexit.register(lambda: gc.callbacks.append(at_the_end))
"""


def test_the_script_sees_its_own_callbacks_alone(tmp_path):
    native, traced = run_both(script(LOOKS, environment=ON_CPU), tmp_path)
    assert native == traced
    assert (native.code, native.stderr.count("ValueError: start"), native.stderr.count("Exception ignored")) == (
        0,
        1,
        2,
    )
    assert "True <class 'list'> 1 True" in native.stdout
    [said] = facts(tmp_path / "run")["lost"]
    assert said.startswith("operators of 1 forked process, in which PyTorch cannot record")


COLLECTS = f"""
{LEAN}
import threading
gc.disable()
live = [[number] for number in range(300_000)]
torch.ones(8) + 1
gc.collect(0)
with torch.profiler.record_function("step"): gc.collect()
thread = threading.Thread(target=gc.collect); thread.start(); thread.join()
"""


@pytest.mark.parametrize("options", [(), ("--level", "full")], ids=["gpu", "full"])
def test_collections_of_many_objects_are_ranges_of_the_process(options, tmp_path):
    case = script(COLLECTS, environment=ON_CPU)
    write_files(case, tmp_path)
    assert run_traced(case, tmp_path, tmp_path / "run", *options).code == 0
    rows = [row for row in events(tmp_path / "run") if row["name"] == GARBAGE_COLLECTION]
    long = [row for row in rows if row["dur"] > 1000]
    assert len(long) == 3  # with the first of the youngest, which has them all
    assert all(row["dur"] >= 100 for row in rows)
    assert long[0]["args"]["thread"] == long[1]["args"]["thread"] == long[1]["pid"] != long[2]["args"]["thread"]
    trace = load(tmp_path / "run")
    names = [trace.strings[name] for name in trace.ranges.name.tolist()]
    [step] = [row for row, name in enumerate(names) if name == "step"]
    own = [row for row, name in enumerate(names) if name == GARBAGE_COLLECTION]
    start_ns, end_ns = trace.ranges.start_ns, trace.ranges.end_ns
    inside = [row for row in own if start_ns[step] <= start_ns[row] < end_ns[step]]
    assert [end_ns[row] <= end_ns[step] for row in inside] == [True]
    assert {trace.strings[trace.ranges.domain[row]] for row in own} == {DOMAIN}
    assert {int(trace.ranges.thread[row]) for row in own} == {MISSING}
    assert not [row for row in events(tmp_path / "run") if "collects" in row["name"]]
