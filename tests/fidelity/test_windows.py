"""A part of the script, many processes, and where the run goes."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import numpy as np
import pytest

import forked_cli
from gpu_trace.boot.contract import BOUNDED, RECORDED_FROM, STOPPED
from gpu_trace.nvtx_recording.environment import injection_library
from gpu_trace_analyzers.questions.overlap import device_figures
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.readers import load
from native import ENTRY, LEAN, NO_COMPILER, Outcome, events, facts, names, run_traced, script, write_files

STEPS = f"""
{LEAN}
import time
{NO_COMPILER}
layer = torch.nn.Linear(4, 4)
optimizer = torch.optim.SGD(layer.parameters())
for step in range(6):
    with torch.profiler.record_function(f"step {{step}}"): layer(torch.ones(4)).sum().backward()
    optimizer.step()
"""


def run(text: str, folder, *options: str) -> Outcome:
    case = script(text)
    write_files(case, folder)
    return run_traced(case, folder, folder / "run", *options)


def steps_in(folder) -> list[str]:
    return sorted(name for name in names(folder / "run") if name.startswith("step "))


def test_a_window_of_optimizer_steps(tmp_path):
    assert run(STEPS, tmp_path, "--steps", "2:4") == Outcome("", "", 0)
    assert steps_in(tmp_path) == ["step 2", "step 3"]
    assert facts(tmp_path / "run")["until"] == "the 2 requested steps"


def test_a_window_that_the_script_never_reaches(tmp_path):
    assert run(STEPS, tmp_path, "--steps", "10:20") == Outcome("", "", 0)
    assert facts(tmp_path / "run")["traces"] == []


WAITS = f"""
{LEAN}
import glob, time
def notes(): return "".join(open(path).read() for path in glob.glob("run/.raw/notes-*"))
def wait_until_recorded():
    while "{RECORDED_FROM.name}\\t" not in notes(): time.sleep(0.02)
def wait_until_it_has_ended():
    while not ("{BOUNDED.name}\\t" in notes() and is_stopped(notes())): time.sleep(0.02)
def is_stopped(notes): return notes.count("{RECORDED_FROM.name}\\t") == notes.count("{STOPPED.name}\\t")
"""
"""Waits for what the recorder notes of itself: on a busy machine no time is long enough."""


def test_a_window_in_time(tmp_path):
    text = WAITS + (
        "torch.ones(2).sin(); wait_until_recorded(); torch.ones(2).cos(); wait_until_it_has_ended()\n"
        "torch.ones(2).tan()"
    )
    assert run(text, tmp_path, "--after", "1", "--duration", "2") == Outcome("", "", 0)
    assert {"aten::sin", "aten::cos", "aten::tan"} & names(tmp_path / "run") == {"aten::cos"}


def test_events_are_bounded(tmp_path):
    text = WAITS + (
        "x = torch.ones(2).sin()\nfor _ in range(4_000): x.add_(1)\nwait_until_it_has_ended()\ntorch.ones(2).cos()"
    )
    assert run(text, tmp_path, "--events", "2000").code == 0
    assert {"aten::sin", "aten::cos"} & names(tmp_path / "run") == {"aten::sin"}
    assert facts(tmp_path / "run")["until"] == "the budget of 2,000 events"


def test_a_script_that_grows_by_itself_is_recorded_to_its_end(tmp_path):
    text = (
        f"{LEAN}import time\ntorch.ones(2).sin()\n"
        "for _ in range(3): x = torch.ones(80 << 20).sum(); time.sleep(0.7)\ntorch.ones(2).cos()"
    )
    assert run(text, tmp_path, "--events", "10000").code == 0
    assert {"aten::sin", "aten::cos"} <= names(tmp_path / "run")
    assert facts(tmp_path / "run")["until"] == "the end"
    assert [sentence for sentence in facts(tmp_path / "run")["lost"] if "while gpu-trace counted" in sentence]


NVTX = f"""
{LEAN}
import nvtx
x = torch.ones(4)
for step in range(4):
    with nvtx.annotate("step", domain="training"):
        with nvtx.annotate("inner", domain="training"), nvtx.annotate("step", domain="other"): pass
        if step == 2:
            handle = torch.cuda.nvtx.range_start("chosen"); x.sin(); torch.cuda.nvtx.range_end(handle)
        x.cos()
    x.tan()
"""
needs_library = pytest.mark.skipif(injection_library() is None, reason="needs the NVTX library, built by the install")


def operators(folder) -> list[str]:
    wanted = ("aten::sin", "aten::cos", "aten::tan")
    return [event["name"][6:] for event in events(folder / "run") if event.get("name") in wanted]


@needs_library
def test_only_inside_an_nvtx_range(tmp_path):
    assert run(NVTX, tmp_path, "--range", "chosen") == Outcome("", "", 0)
    assert operators(tmp_path) == ["sin"]


@needs_library
def test_every_time_in_an_nvtx_range(tmp_path):
    """In each range of that name, and not in between: there the NVTX ranges are all that is known."""
    text = NVTX.replace("import nvtx", "import time, nvtx").replace("    x.tan()", "    time.sleep(0.1); x.tan()")
    assert run(text, tmp_path, "--range", "step") == Outcome("", "", 0)
    assert operators(tmp_path) == ["cos", "cos", "sin", "cos", "cos"]
    trace = load(tmp_path / "run/trace.json.gz")
    is_step = [trace.text(name) == "step" for name in trace.ranges.name.tolist()]
    steps, windows = (
        trace.ranges[np.array(is_step) & (trace.ranges.domain == trace.strings.index("training"))],
        trace.windows,
    )
    assert len(windows) == len(steps) == 4
    assert (windows.end_ns > steps.start_ns).all()
    assert (windows.start_ns[1:] > steps.end_ns[:-1]).all()
    assert (windows.end_ns[:-1] < steps.start_ns[1:]).all()
    assert device_figures(Scope(trace), 0).unrecorded_ns > 300_000_000


@needs_library
def test_a_window_of_steps_that_nvtx_ranges_make(tmp_path):
    assert run(NVTX, tmp_path, "--steps", "1:3", "--step-range", "step") == Outcome("", "", 0)
    assert operators(tmp_path) == ["tan", "cos", "tan", "sin", "cos"]


RANKS = f"""
{LEAN}
import torch.distributed as dist
dist.init_process_group("gloo")
x = torch.ones(4)
dist.all_reduce(x)
print(int(x.sum()))
dist.destroy_process_group()
"""


def test_a_launcher_itself_is_not_recorded(tmp_path):
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=1", "script.py")
    case = script(RANKS, command=launcher)
    write_files(case, tmp_path)
    assert run_traced(case, tmp_path, tmp_path / "run").stdout == "4\n"
    assert facts(tmp_path / "run")["traces"] == ["trace.json.gz"]
    assert any("all_reduce" in name for name in names(tmp_path / "run"))


def command(folder, *arguments: str):
    line = [forked_cli.program(), "run", *arguments]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)


def test_a_run_goes_to_a_new_folder_each_time(tmp_path):
    (tmp_path / "hello.py").write_text("print('hello')")
    for _ in range(2):
        assert command(tmp_path, "hello.py").stdout == "hello\n"
    folders = [path.name for path in (tmp_path / "gpu-trace-runs").iterdir()]
    assert len(folders) == 2
    assert all(re.fullmatch(r"hello-\d{8}-\d{6}(-\d+)?", name) for name in folders)


def test_no_run_is_overwritten_unasked(tmp_path):
    (tmp_path / "hello.py").write_text("print('hello')")
    assert command(tmp_path, "-o", "run", "hello.py").returncode == 0
    (tmp_path / "run/notes.txt").write_text("mine")
    again = command(tmp_path, "-o", "run", "hello.py")
    assert (again.returncode, again.stdout) == (2, "")
    assert "--force" in again.stderr
    assert command(tmp_path, "-o", "run", "--force", "hello.py").returncode == 0
    assert (tmp_path / "run/notes.txt").read_text() == "mine"


def test_a_folder_of_somebody_else_is_never_touched(tmp_path):
    (tmp_path / "hello.py").write_text("print('hello')")
    (tmp_path / "run.json").write_text("{}")
    refused = command(tmp_path, "-o", ".", "--force", "hello.py")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert (tmp_path / "run.json").read_text() == "{}"


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "hello.py").write_text("print('hello')")
    refused = command(tmp_path, "-o", "hello.py/run", "hello.py")
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


def test_a_range_to_count_needs_a_window(tmp_path):
    refused = command(tmp_path, "--step-range", "step", "x.py")
    assert refused.returncode == 2
    assert "--steps" in refused.stderr


def test_a_script_that_removes_its_run_folder_keeps_its_result(tmp_path):
    text = f"{LEAN}import shutil\ntorch.ones(2) + 1\nshutil.rmtree('run')\nprint('done')\nsys.exit(7)"
    outcome = run(text, tmp_path)
    assert (outcome.stdout, outcome.code) == ("done\n", 7)
    assert outcome.stderr.startswith("gpu-trace: lost: ")
    assert len(outcome.stderr.splitlines()) == 1


def test_nobody_reading_stderr_changes_no_exit_code(tmp_path):
    (tmp_path / "hello.py").write_text("import sys; sys.exit(3)")
    line = [sys.executable, *ENTRY, "run", "hello.py"]
    read, write = os.pipe()
    os.close(read)
    assert subprocess.run(line, cwd=tmp_path, stderr=write, check=False).returncode == 3
    os.close(write)


def test_no_script_is_a_usage_error(tmp_path):
    assert command(tmp_path).returncode == 2


def test_what_is_said_in_the_end(tmp_path):
    (tmp_path / "hello.py").write_text("import sys; sys.exit(3)")
    said = command(tmp_path, "-o", "run", "hello.py")
    assert said.returncode == 3
    assert said.stderr == (
        "gpu-trace: the script ended with exit code 3. It never imported torch, so nothing was recorded.\n"
        "gpu-trace: the run is in run\n"
    )
