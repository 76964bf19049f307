"""What a process finds in its environment in order to record, and what its script sees of that: nothing."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace.boot import environment
from gpu_trace.boot.contract import INJECTION_VARIABLE, NVTX_FOLDER, Settings

SETTINGS = Settings(
    raw="/run/.raw",
    level="gpu",
    dependencies=False,
    has_gpu=False,
    injection="/lib/injection.so",
    hooks_nvtx=False,
    activities="",
    follow=True,
    is_child=False,
    only_ranks=False,
    steps=None,
    step_range="",
    range_name="",
    after_s=0.0,
    duration_s=0.0,
    events=1000,
)
NAMES = st.sampled_from(["HOME", "PYTHONPATH", "PYTHONOPTIMIZE", INJECTION_VARIABLE, "NATIVE", "A"])
VARIABLES = st.lists(st.tuples(NAMES, st.sampled_from(["", "/a", "/b:/c"])), unique_by=lambda each: each[0]).map(dict)


@given(VARIABLES, st.booleans())
def test_the_native_environment_comes_back_in_its_order(native, isolated):
    def is_ignored(name: str) -> bool:
        return isolated and name.startswith("PYTHON")

    found = environment.recording(native, SETTINGS, is_ignored)
    assert list(environment.native(found).items()) == list(native.items())
    assert vars(Settings.of(found)) == vars(SETTINGS)


@given(VARIABLES)
def test_it_comes_back_where_ours_replaced_and_followed_those_of_the_shell(native):
    """As ``putenv`` has it: a variable keeps its place, and new ones are at the end."""
    found = dict(native)
    found.update(environment.recording(native, SETTINGS))
    assert list(environment.native(found).items()) == list(native.items())


@given(VARIABLES, st.sampled_from(["/s:{}", "{}:/s", "/s:{}:/t"]))
def test_what_a_shell_put_around_the_path_stays(native, put):
    """With ``PYTHONPATH=/s:$PYTHONPATH``, whether or not the user has that variable."""
    found = environment.recording(native, SETTINGS)
    found["PYTHONPATH"] = put.format(found["PYTHONPATH"])
    assert environment.native(found) == {**native, "PYTHONPATH": put.format(native.get("PYTHONPATH", ""))}


@pytest.mark.parametrize(("path", "rest"), [(None, []), ("", []), ("/a:/b", ["/a", "/b"])])
def test_python_finds_our_folder_first(path, rest):
    found = environment.recording({} if path is None else {"PYTHONPATH": path}, SETTINGS)
    first, *others = found["PYTHONPATH"].split(os.pathsep)
    assert os.path.isfile(os.path.join(first, "sitecustomize.py"))  # noqa: PTH113, PTH118  # as boot/ writes paths
    assert others == rest


def test_an_injection_library_of_another_tool_stays():
    found = environment.recording({INJECTION_VARIABLE: "/other.so"}, SETTINGS)
    assert found[INJECTION_VARIABLE] == "/other.so"
    assert NVTX_FOLDER not in found
    assert environment.recording({}, SETTINGS)[INJECTION_VARIABLE] == SETTINGS.injection
