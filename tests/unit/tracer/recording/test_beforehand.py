"""What the end of a run needs is imported while the script runs, but not while every processor has work."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module

import pytest

from gpu_trace.recording import beforehand


class Processors:
    """Two of them, by the ticks that the system tells of."""

    def __init__(self, path):
        self._path, self._ticks = path, [[0] * 10, [0] * 10]
        self.spend(0, 0)

    def spend(self, *idle_of_100):
        for ticks, idle in zip(self._ticks, idle_of_100, strict=True):
            ticks[0] += 100 - idle
            ticks[3] += idle
        lines = [f"cpu{number} {' '.join(map(str, ticks))}" for number, ticks in enumerate(self._ticks)]
        self._path.write_text("\n".join(["cpu 1 2 3", *lines, "intr 7 0", "ctxt 3"]))


@pytest.fixture
def processors(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(beforehand, "_TICKS", tmp_path / "stat")
    monkeypatch.setattr(beforehand, "MODULES", ("first_of_two", "second_of_two"))
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    monkeypatch.syspath_prepend(tmp_path)
    for name in beforehand.MODULES:
        (tmp_path / f"{name}.py").write_text("")
    yield Processors(tmp_path / "stat")
    for name in beforehand.MODULES:
        sys.modules.pop(name, None)


def imported():
    return [name for name in beforehand.MODULES if name in sys.modules]


def test_a_module_a_second_while_a_processor_is_idle(processors):
    imports = beforehand.imports()
    next(imports)
    assert imported() == []
    processors.spend(5, 97)
    next(imports)
    assert imported() == ["first_of_two"]
    processors.spend(95, 0)
    assert next(imports, "all") == "all"
    assert imported() == ["first_of_two", "second_of_two"]


def test_nothing_while_every_processor_has_work(processors):
    imports = beforehand.imports()
    next(imports)
    for _ in range(3):
        processors.spend(60, 20)
        next(imports)
    assert imported() == []
    processors.spend(60, 98)
    next(imports)
    assert imported() == ["first_of_two"]


def test_a_processor_that_is_not_ours_does_not_count(processors, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    imports = beforehand.imports()
    next(imports)
    processors.spend(0, 100)
    next(imports)
    assert imported() == []


def test_nothing_where_the_system_does_not_say(processors, tmp_path):
    (tmp_path / "stat").unlink()
    imports = beforehand.imports()
    for _ in range(3):
        next(imports)
    assert imported() == []


def test_what_cannot_be_imported_is_passed_over(processors, tmp_path):
    (tmp_path / "first_of_two.py").write_text("raise ImportError")
    imports = beforehand.imports()
    next(imports)
    for _ in range(2):
        processors.spend(100, 100)
        next(imports, None)
    assert imported() == ["second_of_two"]


def test_the_modules_are_those_of_gpu_trace_and_start_no_threads():
    assert all(map(import_module, beforehand.MODULES))
    code = (
        "from gpu_trace.recording import beforehand; beforehand._one_was_idle = lambda *_: True; "
        "[*beforehand.imports()]; import os, sys; print(len(os.listdir('/proc/self/task')), 'numpy' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["1", "True"]
