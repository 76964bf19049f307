"""``%%gpu_trace`` runs a cell as the notebook would, records it, and shows the run."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import gpu_trace
from gpu_trace import magic
from native import LEAN

pytestmark = pytest.mark.slow


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """A shell without a terminal. What it shows is in its attribute ``shown``."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.chdir(tmp_path)
    from IPython.core.interactiveshell import InteractiveShell

    made = InteractiveShell.instance()
    made.extension_manager.load_extension("gpu_trace")
    made.shown = []
    monkeypatch.setattr(magic, "_display", made.shown.append)
    yield made
    made.history_manager.end_session()
    InteractiveShell.clear_instance()


def ran(shell, text):
    done = shell.run_cell(text)
    return done.error_in_exec or done.error_before_exec or done.result


def test_a_cell_is_recorded_and_its_last_value_shown(shell):
    assert ran(shell, "%%gpu_trace run\none = 1\none + 1") == 2
    assert shell.user_ns["one"] == 1
    (run,) = shell.shown
    assert run is shell.user_ns["gpu_trace_run"]
    assert json.loads((run.folder / "run.json").read_text())["level"] == "gpu"


def test_magics_and_earlier_names_work_inside(shell):
    ran(shell, "value = 20")
    assert ran(shell, "%%gpu_trace run\nfound = !echo $value\nint(found[0]) + 1") == 21
    assert ran(shell, "%%gpu_trace empty\n# nothing") is None


def test_an_exception_of_the_cell_is_its_own_and_the_run_is_shown(shell):
    error = ran(shell, "%%gpu_trace run\n1 / 0")
    assert isinstance(error, ZeroDivisionError)
    (run,) = shell.shown
    assert json.loads((run.folder / "run.json").read_text())["ending"]["text"] == "ended by ZeroDivisionError"


def test_a_cell_that_is_no_python_is_not_recorded(shell, tmp_path):
    assert isinstance(ran(shell, "%%gpu_trace run\nif:"), SyntaxError)
    assert not (tmp_path / "run").exists()


def test_options_are_those_of_the_command(shell):
    found = magic._options("a --level ops --steps 2:5 --duration 3 --force --no-stacks")
    assert (found["folder"], found["level"], found["steps"], found["force"]) == ("a", "ops", (2, 5), True)
    assert (found["duration"], found["stacks"], found["events"]) == (3.0, False, 1_000_000)
    gpu_trace.record(**found)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--level all", "Invalid value for '--level'"),
        ("--follow", "No such option"),
        ("one two", "unexpected extra argument"),
        ("'one", "No closing quotation; write %%gpu_trace"),
    ],
)
def test_a_line_that_cannot_be_is_one_sentence(shell, line, message):
    error = ran(shell, f"%%gpu_trace {line}\npass")
    assert isinstance(error, gpu_trace.UsageError)
    assert message in str(error)
    assert "write %%gpu_trace [FOLDER] [OPTIONS]" in str(error)


def test_gpu_trace_names_what_a_notebook_loads():
    assert callable(gpu_trace.load_ipython_extension)


def test_stacks_of_a_cell_name_it_as_the_notebook_does(tmp_path):
    script = f"""
{LEAN}
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.extension_manager.load_extension("gpu_trace")
shell.run_cell("import torch, time\\ndef slow():\\n    torch.ones(3)\\n    time.sleep(0.3)", store_history=True)
shell.run_cell("%%gpu_trace run\\nslow()", store_history=True)
trace = shell.user_ns["gpu_trace_run"].trace
files = {{trace.text(int(code)) for code in trace.stack_frames.file}}
print("FILES", len(trace.samples), sorted(file for file in files if file.startswith("In[") or "in_process" in file))
"""
    environment = {"PATH": "/usr/bin:/bin", "CUDA_VISIBLE_DEVICES": "", "IPYTHONDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    _, samples, *files = done.stdout.splitlines()[-1].split(" ", 2)
    if int(samples):  # stacks may not be sampled here
        assert "In[1]" in files[0]
        assert "watching.py" not in files[0]
