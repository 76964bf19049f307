"""What ``gpu-trace run`` says of a recording leads on: to a name, an option, or the reason."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from gpu_trace.boot.recorder import Recorder
from gpu_trace.commands import run
from gpu_trace.recording import folder as run_folder
from gpu_trace.recording import result
from gpu_trace.recording.cost import Cost
from gpu_trace.recording.host_clock import Clock, ClockReading
from gpu_trace.recording.notes import Notes
from gpu_trace.recording.result import Recording
from gpu_trace_analyzers.errors import TraceUnreadable
from gpu_trace_analyzers.readers.folders import files

TORCH = "python\t3.11\ntorch\t2.9\n"


def clock_of(wall_ns):
    began = ClockReading(10**18, 0, 20, None, None)
    return Clock(began, replace(began, realtime_ns=10**18 + wall_ns, monotonic_ns=wall_ns))


def recording(notes=TORCH, **more):
    return Recording(SimpleNamespace(shown="runs/x"), 0, Notes(notes), **more)


def test_a_range_that_was_never_entered_is_named_and_no_device_is_blamed():
    assert (
        recording(never_entered="nosuch").what == "No NVTX range called 'nosuch' was entered, so nothing was recorded."
    )
    assert "CUDA_VISIBLE_DEVICES=" in recording().what


@pytest.mark.parametrize("version", ["2.5.1+cu124", "1.13.1"])
def test_a_torch_that_is_too_old_is_said_in_one_sentence(version):
    told = recording(f"python\t3.11\ntorch\t{version}\n").what
    assert told == f"Its torch {version} is too old, so nothing was recorded; install torch 2.6 or later."


@pytest.mark.parametrize("version", ["2.6.0", "2.6.0a0+git1a2b3c", "2.10.1", "3.0", "unknown"])
def test_a_later_torch_is_not_too_old(version):
    assert "too old" not in recording(f"python\t3.11\ntorch\t{version}\n").what


def test_a_python_without_torch_is_named(monkeypatch):
    assert recording("python\t3.11\n").what == "It never imported torch, so nothing was recorded."
    monkeypatch.setattr(result, "find_spec", lambda name: None)
    told = recording("python\t3.11\n").what
    assert told.startswith(f"{sys.executable} has no torch, so nothing was recorded; install ")


@pytest.mark.parametrize(
    ("running_ns", "told"),
    [
        (0, "recording cost 2.00 ms at the script's end"),
        (5000, "recording cost about 5.00 µs (0.5 %), and"),
    ],
)
def test_a_cost_that_was_not_estimated_is_not_told_as_none(running_ns, told):
    assert run._cost(recording(clock=clock_of(3_000_000), cost=Cost(running_ns, 2_000_000, 0))).startswith(told)


@pytest.mark.parametrize(("counter", "started"), [("count(1)", 0), ("count(3)", 2), ("", 0), ("count(x)", 0)])
def test_processes_that_the_script_started_are_counted(monkeypatch, counter, started):
    class Counter:
        def __repr__(self):
            return counter

    found = []
    monkeypatch.setitem(run.sys.modules, "multiprocessing.process", SimpleNamespace(_process_counter=Counter()))
    notes = SimpleNamespace(write=lambda key, value: found.append((key.name, value)))
    Recorder._note_processes(SimpleNamespace(_notes=notes))
    assert found == ([("started", started)] if started else [])
    told = recording(f"{TORCH}started\t{started}\n")
    assert told.started == started
    if started:
        assert run._other_processes(told) == "the script started 2 processes; --no-follow left them out"


def test_a_run_folder_without_a_trace_is_called_that(tmp_path):
    assert run_folder.FACTS == files.RUN_FACTS
    with pytest.raises(TraceUnreadable, match="is a folder without a trace"):
        files.traces_in(tmp_path)
    (tmp_path / run_folder.FACTS).write_text("{}")
    with pytest.raises(TraceUnreadable, match="is a run folder without a trace"):
        files.traces_in(tmp_path)
