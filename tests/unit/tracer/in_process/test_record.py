"""A block is recorded in its own process, which is afterwards as it was before."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

import gpu_trace
from gpu_trace.nvtx_recording.environment import injection_library
from native import LEAN, NO_COMPILER

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
NVTX = pytest.mark.skipif(injection_library() is None, reason="no injection library: built without a C compiler")
CPU = {"CUDA_VISIBLE_DEVICES": "", "PATH": "/usr/bin:/bin"}

BLOCKS = (
    f"{LEAN}import torch.profiler\n"
    + NO_COMPILER
    + """
import gc, json, os, sys, threading
import torch._C._autograd as autograd
import pandas  # of frames(): what it imports may stay in sys.meta_path
import gpu_trace

def state():
    functions = [getattr(autograd, name) for name in dir(autograd) if "profiler" in name]
    functions += [torch._C._profiler._add_execution_trace_observer, torch.cuda.nvtx._nvtx, os._exit]
    ours = [name for name in os.environ if name.startswith(("GPU_TRACE", "NVTX"))]
    return [*functions, gc.callbacks, list(gc.callbacks), list(sys.meta_path), ours, threading.active_count()]

def work(name):
    with torch.profiler.record_function(name):
        return (torch.ones(50, 50) @ torch.ones(50, 50)).sum().item()

def names(run):
    return sorted(set(run.trace.frames().ranges.name) - {"Python garbage collection"})

said, before = {}, state()
with gpu_trace.record("plain") as run:
    torch.cuda.nvtx.range_push("pushed"); work("inside"); torch.cuda.nvtx.range_pop()
work("outside")
said["plain"] = names(run), run.lost, run.what
said["files"] = sorted(path.name for path in run.folder.iterdir())
said["figures"] = len(run.plot_losses().data) > 0, len(run.plot_timeline().data) > 0
said["verdict"] = repr(run) == f"Run in {run.folder}: " + repr(run.summary()).partition(": ")[2]

with gpu_trace.record("own") as run:
    work("first")
    with torch.profiler.profile() as profile:
        work("profiled")
    work("last")
said["own"] = names(run), run.lost[0].partition(" (")[0], any(event.name == "profiled" for event in profile.events())

with torch.profiler.profile() as profile:
    try:
        gpu_trace.record("never").__enter__()
    except gpu_trace.UsageError as error:
        said["profiled"] = str(error), os.path.exists("never")
    work("profiled")
said["its profile"] = any(event.name == "profiled" for event in profile.events())

def in_a_thread():
    with gpu_trace.record("thread") as run:
        work("in a thread")
    said["thread"] = names(run)
thread = threading.Thread(target=in_a_thread)
thread.start(); thread.join()

with gpu_trace.record("forks", level="ops") as run:
    work("parent")
    if not (pid := os.fork()):
        sys.exit(7)
    said["forked"] = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), os.path.exists("forks/trace.json.gz")
said["forks"] = names(run), run.lost

for number in (1, 2):
    with gpu_trace.record(f"dependencies{number}", dependencies=True) as run:
        work("observed")
    found = json.load(open(run.folder / "run.json"))
    said[f"dependencies{number}"] = found["dependencies"]["operators"] > 0, run.lost, found["level"]

parameters = [torch.nn.Parameter(torch.ones(2))]
optimizer = torch.optim.SGD(parameters, lr=0.1)
with gpu_trace.record("steps", steps=(2, 4)) as run:
    for _ in range(6):
        optimizer.step()
said["steps"] = list(run.trace.frames().ranges.name).count("Optimizer.step#SGD.step"), run.what
def each(name, **options):
    with gpu_trace.record(name, **options) as run:
        for number in range(5):
            with torch.cuda.nvtx.range("wanted" if number % 2 else "other"):
                work(f"in {number}")
    return [name for name in names(run) if name.startswith("in ")], run.what

said["ranges"] = each("ranges", range_name="wanted")
said["step ranges"] = each("step_ranges", steps=(1, 2), step_range="wanted")
said["no ranges"] = each("all")
said["as before"] = [one is other or one == other for one, other in zip(before, state())]
print(json.dumps(said))
"""
)


def ran(script: str, folder: Path, **environment: str) -> str:
    """What a script prints that ends well."""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, env=CPU | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    folder = tmp_path_factory.mktemp("blocks")
    return json.loads(ran(BLOCKS, folder)) | {"folder": folder}


@NVTX
def test_ranges_of_the_block_are_recorded_and_no_others(said):
    assert said["plain"] == [["inside", "pushed"], [], "No GPU is available; its CPU work was recorded."]


def test_the_folder_is_that_of_a_run(said):
    expected = ["report.html", "run.json", "summary.json", "summary.md", "trace.json.gz", "trace.pftrace"]
    assert said["files"] == expected
    facts = json.loads((said["folder"] / "plain/run.json").read_text())
    assert facts["ending"] == {"exit_code": None, "text": "ended"}
    assert facts["versions"]["torch"]
    assert facts["stacks"] is None or facts["stacks"]["samples"] > 0


def test_a_run_shows_its_verdict_and_has_figures(said):
    assert said["verdict"]
    assert said["figures"] == [True, True]


def test_a_profiler_of_the_block_has_its_own_results(said):
    lost = "the events of 1 interval"
    assert said["own"] == [["first", "last"], lost, True]


def test_a_process_that_torch_profiles_is_not_recorded(said):
    message, exists = said["profiled"]
    assert message == "torch.profiler is recording this process, and PyTorch can run one profiler; stop that first"
    assert not exists
    assert said["its profile"]


def test_a_thread_can_record(said):
    assert said["thread"] == ["in a thread"]


def test_a_forked_child_ends_and_completes_nothing(said):
    assert said["forked"] == [7, False]
    ranges, lost = said["forks"]
    assert ranges == ["parent"]
    assert lost[0].startswith("operators of 1 forked process")


@pytest.mark.parametrize("number", [1, 2])
def test_dependencies_are_recorded_each_time(said, number):
    assert said[f"dependencies{number}"] == [True, [], "ops"]


def test_steps_are_those_of_the_block(said):
    assert said["steps"] == [2, "No GPU is available; its CPU work was recorded, up to the 2 requested steps."]


@NVTX
def test_ranges_bound_what_is_recorded_in_their_own_block_alone(said):
    assert said["ranges"][0] == ["in 1", "in 3"]
    # Between the first and the second range of this name has ended.
    assert said["step ranges"] == [
        ["in 2", "in 3"],
        "No GPU is available; its CPU work was recorded, up to the 1 requested steps.",
    ]
    assert said["no ranges"][0] == ["in 0", "in 1", "in 2", "in 3", "in 4"]


def test_the_process_is_as_it_was(said):
    assert all(said["as before"])


@NVTX
def test_torch_may_be_imported_in_the_block(tmp_path):
    script = f"""
import sys, gpu_trace
finders = list(sys.meta_path)
with gpu_trace.record("run") as run:
    import nvtx
    {LEAN}
    with nvtx.annotate("in nvtx", color="no color", payload=object()):
        torch.ones(3) + 1
as_before = sys.meta_path == finders
print(sorted(run.trace.frames().ranges.name), run.lost, as_before, len(run.trace.work) > 0)
"""
    assert ran(script, tmp_path) == "['in nvtx'] [] True True\n"


@NVTX
def test_nvtx_that_was_used_before_is_lost_in_a_sentence(tmp_path):
    script = """
import nvtx, gpu_trace
with nvtx.annotate("before"): pass
with gpu_trace.record("run") as run:
    with nvtx.annotate("inside"): pass
print(run.lost)
"""
    [line] = ran(script, tmp_path).splitlines()
    assert "NVTX ranges of the nvtx package: it was used before the first recording of this process" in line


@NVTX
def test_ranges_without_torch_are_recorded_block_by_block(tmp_path):
    script = """
import nvtx, gpu_trace
for name in ("one", "two"):
    with gpu_trace.record(name) as run:
        with nvtx.annotate(name, domain="d"): pass
    with nvtx.annotate("between"): pass
    print(list(run.trace.frames().ranges.name), run.lost)
"""
    assert ran(script, tmp_path) == "['one'] []\n['two'] []\n"


def test_another_tools_library_is_left_alone(tmp_path):
    script = """
import gpu_trace
with gpu_trace.record("run") as run: pass
print(run.lost)
"""
    said = ran(script, tmp_path, NVTX_INJECTION64_PATH="/other.so")
    assert "another tool's injection library is set (NVTX_INJECTION64_PATH=/other.so)" in said


def test_a_process_of_gpu_trace_run_is_recorded_once(tmp_path):
    (tmp_path / "script.py").write_text(
        "import gpu_trace\ntry: gpu_trace.record('inner').__enter__()\nexcept gpu_trace.UsageError as e: print(e)\n"
    )
    command = [sys.executable, "-m", "gpu_trace", "run", "-o", "outer", "script.py"]
    done = subprocess.run(command, cwd=tmp_path, env=CPU, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("gpu-trace run records this process already;")


def test_an_exception_passes_through_and_the_recording_is_kept(tmp_path):
    error = ZeroDivisionError("mine")
    with pytest.raises(ZeroDivisionError) as raised, gpu_trace.record(tmp_path / "run") as run:
        raise error
    assert raised.value is error
    facts = json.loads((run.folder / "run.json").read_text())
    assert facts["ending"] == {"exit_code": None, "text": "ended by ZeroDivisionError"}


def test_an_interrupt_while_the_folder_is_filled_is_the_users(tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("gpu_trace.recording.assemble.left_by", interrupted)
        with pytest.raises(KeyboardInterrupt), gpu_trace.record(tmp_path / "run") as run:
            pass
    assert not run.is_complete
    assert list((tmp_path / "run/.raw").iterdir())  # what was recorded is there
    with gpu_trace.record(tmp_path / "run", force=True) as run:
        pass
    assert run.is_complete


def test_what_cannot_be_put_together_is_lost_in_a_sentence(tmp_path, monkeypatch):
    def broken(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gpu_trace.recording.assemble.left_by", broken)
    with gpu_trace.record(tmp_path / "run") as run:
        pass
    assert run.lost[0].startswith("the run folder could not be completed (")


def test_a_recording_that_is_interrupted_as_it_begins_is_over(tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("gpu_trace.in_process.hooks_in_torch.HooksInTorch.install", interrupted)
        with pytest.raises(KeyboardInterrupt):
            gpu_trace.record(tmp_path / "never").__enter__()
    with gpu_trace.record(tmp_path / "run") as run:
        pass
    assert run.is_complete


def test_a_recording_that_cannot_end_ends_no_block(tmp_path, monkeypatch):
    def broken(*_):
        raise RuntimeError("gone")

    with monkeypatch.context() as patch:
        for name in ("nvtx_ranges.NvtxRanges.end", "block._cells", "hooks_in_torch.HooksInTorch.leave"):
            patch.setattr(f"gpu_trace.in_process.{name}", broken)
        with gpu_trace.record(tmp_path / "run") as run:
            pass
    assert run.lost == ["the recording could not end as a whole (RuntimeError: gone)"]
    with gpu_trace.record(tmp_path / "next") as run:
        pass
    assert run.lost == []


def test_only_one_recording_at_a_time(tmp_path):
    refused = pytest.raises(gpu_trace.UsageError, match=r"is being recorded already, into .*/run; end that first$")
    with gpu_trace.record(tmp_path / "run"), refused:
        gpu_trace.record(tmp_path / "other").__enter__()
    assert not (tmp_path / "other").exists()
    with gpu_trace.record(tmp_path / "other"):
        pass


def test_of_several_threads_one_records(tmp_path):
    together, answers = threading.Barrier(4), []

    def record(number):
        together.wait()
        try:
            with gpu_trace.record(tmp_path / str(number), stacks=False):
                together.wait()  # all have tried
                answers.append("recorded")
        except gpu_trace.UsageError as error:
            together.wait()
            answers.append(str(error).partition(",")[0])

    threads = [threading.Thread(target=record, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["recorded", *["this process is being recorded already"] * 3]


@NVTX
def test_programs_of_the_block_find_no_folder_to_write_to(tmp_path):
    script = """
import subprocess, sys, gpu_trace
child = "import nvtx, os; nvtx.push_range('child'); nvtx.pop_range(); print('NVTX_INJECTION64_PATH' in os.environ)"
with gpu_trace.record("run") as run:
    print(subprocess.run([sys.executable, "-c", child], capture_output=True, text=True, check=True).stdout.strip())
print(run.lost, run.what.startswith("It never imported torch"))
"""
    assert ran(script, tmp_path) == "True\n[] True\n"


def test_a_folder_with_a_run_is_kept_unless_forced(tmp_path):
    for force in (False, True):
        with gpu_trace.record(tmp_path / "run", force=force):
            pass
    with pytest.raises(gpu_trace.UsageError, match="already has a run"):
        gpu_trace.record(tmp_path / "run").__enter__()


def test_each_call_of_a_function_is_a_run_of_its_own(tmp_path):
    @gpu_trace.record(tmp_path / "run")
    def added(one, *, other):
        """Adds."""
        return one + other

    assert (added(1, other=2), added(3, other=4)) == (3, 7)
    assert (added.__name__, added.__doc__) == ("added", "Adds.")
    assert added.run.folder == tmp_path / "run-2"
    assert (tmp_path / "run/run.json").exists()


def test_a_call_during_another_belongs_to_it(tmp_path):
    @gpu_trace.record(tmp_path / "run")
    def factorial(number):
        return number * factorial(number - 1) if number else 1

    assert factorial(3) == 6
    assert factorial.run.folder == tmp_path / "run"
    assert factorial.run.is_complete
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_what_only_begins_when_called_is_refused():
    async def later(): ...

    def each():
        yield

    async def each_later():
        yield

    for function in (later, each, each_later):
        with pytest.raises(gpu_trace.UsageError, match=rf"^{function.__name__}: its call only begins it; use `with"):
            gpu_trace.record()(function)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": "all"}, "level 'all' is not known; use one of gpu, ops, full"),
        ({"level": "gpu", "dependencies": True}, "dependencies need the operators"),
        ({"step_range": "a"}, r"step_range requires steps=\(A, B\)"),
        ({"after": 1.0, "dependencies": True}, "dependencies cannot begin in the middle of a step"),
    ],
)
def test_options_that_cannot_be_are_refused(options, message):
    with pytest.raises(gpu_trace.UsageError, match=f"^{message}"):
        gpu_trace.record(**options)


def test_a_run_says_when_it_is_asked_too_early(tmp_path):
    begun = gpu_trace.record(tmp_path / "run")
    with pytest.raises(gpu_trace.UsageError, match="nothing was recorded yet"):
        _ = begun.run.folder
    with begun as run:
        assert repr(run) == f"Run in {tmp_path / 'run'}, under way"
        assert "under way" in run._repr_html_()
        for ask in (lambda: run.what, lambda: run.trace, run.summary):
            with pytest.raises(gpu_trace.UsageError, match="is not complete; ask when its block has ended"):
                ask()


NOTHING = """
import gpu_trace
with gpu_trace.record("run") as run:
    pass
print(run.what, repr(run), sep="\\n")
for ask in (run.summary, lambda: run.trace):
    try:
        ask()
    except gpu_trace.UsageError as error:
        print(error)
"""


def test_a_run_of_nothing_says_why(tmp_path):
    # In a process of its own: this one may have torch.
    what, shown, no_summary, no_trace = ran(NOTHING, tmp_path).splitlines()
    assert "so nothing was recorded" in what
    assert shown.startswith("Run in ")
    assert "no summary; " in no_summary
    assert "no trace; " in no_trace
