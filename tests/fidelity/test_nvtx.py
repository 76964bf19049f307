"""Whatever a script gives the nvtx package, it ends as it does natively, where nobody looks at it."""

from __future__ import annotations

import pytest

from gpu_trace.nvtx_recording.environment import injection_library
from native import events, run_both, script

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
