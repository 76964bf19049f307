"""Processes that use torch and do not find the recorder are found from outside, and no others are."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from gpu_trace.boot.contract import raw_variable
from gpu_trace.boot.environment import _ENTRY, PATH
from gpu_trace.recording import unheard

LOADED = """
import mmap, sys
with open(sys.argv[1], "rb") as file: torch = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
print("loaded", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def start(tmp_path):
    """Starts a process in this environment, below the one in which tests run, which has a library loaded."""
    started = []
    (tmp_path / "child.py").write_text(LOADED)

    def start(library="libtorch_cpu.so", before=(), **variables):
        (path := tmp_path / library).write_bytes(b"some")
        command = [*before, sys.executable, str(tmp_path / "child.py"), str(path)]
        process = subprocess.Popen(
            command, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tmp_path
        )
        started.append(process)
        assert process.stdout.readline() == "loaded\n"
        return process

    yield start
    for process in started:
        process.communicate()


def looked(raw, times=1):
    watch = unheard.watch(raw, os.getpid())
    for _ in range(times):
        next(watch)
    return unheard.labels(raw)


def ours(raw):
    return {raw_variable(): str(raw)}


def test_one_with_another_path_is_named_once(tmp_path, start, monkeypatch):
    monkeypatch.setattr(unheard, "_REST", 0)
    process = start(**ours(tmp_path), **{PATH: "src"})
    assert looked(tmp_path, times=3) == [f"child.py ({process.pid})"]


def test_one_without_a_path_below_a_shell_is_named(tmp_path, start):
    start(before=["sh", "-c", '"$0" "$@"; true'], **ours(tmp_path))
    [label] = looked(tmp_path)
    assert re.fullmatch(r"child.py \(\d+\)", label)


@pytest.mark.parametrize(
    "variables",
    [{PATH: os.pathsep.join(["src", _ENTRY])}, {raw_variable(): "/another/run"}, {raw_variable(): ""}],
    ids=["finds it", "of another run", "of none"],
)
def test_others_are_not_named(variables, tmp_path, start):
    start(**(ours(tmp_path) | variables))
    assert looked(tmp_path) == []


def test_one_without_torch_is_not_named(tmp_path, start):
    start("libother.so", **ours(tmp_path))
    assert looked(tmp_path) == []
