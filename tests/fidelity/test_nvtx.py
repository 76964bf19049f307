"""Whatever a script gives the nvtx package, it ends as it does natively, where nobody looks at it."""

from __future__ import annotations

import pytest

from gpu_trace.nvtx_recording.environment import injection_library
from native import events, run_traced, script, write_files
from recalled import run_both

pytestmark = pytest.mark.skipif(injection_library() is None, reason="no injection library: built without a C compiler")

NONSENSE = """
import copy, pickle, nvtx
class Thing:
    def __str__(self): raise RuntimeError
for given in (
    {"message": 5}, {"message": Thing()}, {"message": ["a"]}, {"message": b"x"},
    {"message": "a\\udc80b"}, {"message": "a\\0b"},
    {"message": "a", "category": 1.5}, {"message": "a", "category": Thing()}, {"message": "a", "color": Thing()},
    {"message": "a", "payload": "text"}, {"message": "a", "payload": Thing()}, {"message": "a", "payload": 2**70},
    {"message": "a", "payload": {1: 2}}, {},
):
    with nvtx.annotate(**given): pass
    nvtx.push_range(**given); nvtx.pop_range()
    nvtx.end_range(nvtx.start_range(**given))
    nvtx.mark(**given)
kept = pickle.loads(pickle.dumps(nvtx.annotate("kept", payload="text")))
print(kept.init_args)
@nvtx.annotate(payload=Thing())
def decorated(): return 7
print(decorated(), copy.copy(kept).init_args)
try: nvtx.annotate("a", domain=3)
except Exception as error: print(type(error).__name__)
"""


def test_nonsense_is_harmless_and_the_rest_of_it_is_recorded(tmp_path):
    native, traced = run_both(script(NONSENSE), tmp_path)
    assert native == traced
    assert (native.code, native.stderr) == (0, "")
    names = [row["name"] for row in events(tmp_path / "run") if row.get("cat") == "nvtx"]
    assert len(names) == 14 * 4 + 1
    assert names.count("5") == 4
    assert names[-1] == "decorated"


GOOD = """
import nvtx
import numpy as np
for payload in (3, -2.5, (1, 2), [3.0], np.arange(3), b"xy", range(4)):
    with nvtx.annotate("with", payload=payload, category="c", color="green", domain="mine"): pass
domain = nvtx.get_domain("mine")
attributes = domain.get_event_attributes(message="given", color="blue", category="d", payload=7)
domain.push_range(attributes); domain.pop_range()
print(type(domain).__name__ in ("Domain", "DummyDomain"))
"""


def test_what_makes_sense_is_recorded_as_it_was_given(tmp_path):
    native, traced = run_both(script(GOOD), tmp_path)
    assert native == traced
    rows = [row for row in events(tmp_path / "run") if row.get("cat") == "nvtx"]
    assert [row["args"].get("payload") for row in rows] == ["3", "-2.5", None, None, None, None, None, "7"]
    assert [row["args"]["category"] for row in rows] == ["c"] * 7 + ["d"]


TREE = """
import os, nvtx
def child(name, work=lambda: None):
    pid = os.fork()
    if pid == 0:
        with nvtx.annotate(name): work()
        os._exit(0)
    os.waitpid(pid, 0)
with nvtx.annotate("parent"):
    child("first")
    child("second", lambda: child("grandchild"))
"""


@pytest.mark.parametrize("options", [(), ("--follow",)], ids=["", "--follow"])
def test_ranges_of_forked_children_are_in_the_trace_of_who_forked_them(options, tmp_path):
    case = script(TREE)
    write_files(case, tmp_path)
    assert run_traced(case, tmp_path, tmp_path / "run", *options).code == 0
    rows = events(tmp_path / "run")
    ranges = {row["name"]: row for row in rows if row.get("cat") == "nvtx"}
    assert ranges.keys() == {"parent", "first", "second", "grandchild"}
    assert len({row["pid"] for row in ranges.values()}) == 4
    for child in ("first", "second", "grandchild"):
        inside, outside = ranges[child], ranges["second" if child == "grandchild" else "parent"]
        assert outside["ts"] <= inside["ts"]
        assert inside["ts"] + inside["dur"] <= outside["ts"] + outside["dur"]
    named = {row["pid"]: row["args"]["name"] for row in rows if row["name"] == "process_name"}
    assert named[ranges["grandchild"]["pid"]] == f"started by {ranges['second']['pid']}"
