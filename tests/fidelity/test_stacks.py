"""Python stacks are in the trace of a script, and where they cannot be, nothing else is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gpu_trace.stack_sampling.library import built_sampler
from gpu_trace_analyzers.model import ThreadState
from gpu_trace_analyzers.readers import load
from native import ENTRY, LEAN, facts, run_traced, script, write_files

pytestmark = pytest.mark.skipif(built_sampler() is None, reason="there is no C compiler")

SHARES = f"""
import time
{LEAN}
torch.ones(4).add_(1)

def loop(until):
    while time.thread_time_ns() < until:
        for number in range(1000):
            number * number

def holding(until):
    while time.thread_time_ns() < until:
        sum(range(20_000))

def waiting(until):
    time.sleep(max(0, until - time.monotonic_ns()) / 1e9)

spent = dict.fromkeys(("loop", "holding", "waiting"), 0)
for _ in range(20):
    for phase, ms in ((loop, 70), (holding, 20), (waiting, 10)):
        began = time.time_ns()
        clock = time.monotonic_ns if phase is waiting else time.thread_time_ns
        phase(clock() + ms * 1_000_000)
        spent[phase.__name__] += time.time_ns() - began
print(*spent.values())
"""
FORBIDDEN = """
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
READV, ALLOW, REFUSE = 310, 0x7fff0000, 0x00050001  # of x86-64: process_vm_readv; with EPERM
program = b"".join(struct.pack("HBBI", *each) for each in
                   ((0x20, 0, 0, 0), (0x15, 0, 1, READV), (0x06, 0, 0, REFUSE), (0x06, 0, 0, ALLOW)))
code = ctypes.create_string_buffer(program)
filters = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 4, ctypes.addressof(code)))
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, ctypes.byref(filters), 0, 0) == 0
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
ENDS = f"""
{LEAN}
torch.ones(4).add_(1)
print("done")
"""


def in_own_lines(trace, path):
    """For each function of the file: how long samples of the main thread were in it, or in what it called."""
    frames, samples = trace.stack_frames, trace.samples
    names = np.array(trace.strings, dtype=object)
    whole: dict[str, int] = {}
    for start_ns, end_ns, frame in zip(samples.start_ns, samples.end_ns, samples.frame, strict=True):
        at, function = int(frame), ""
        while at >= 0:
            if names[frames.file[at]] == str(path):
                function = names[frames.function[at]]
                break
            at = int(frames.caller[at])
        whole[function] = whole.get(function, 0) + int(end_ns - start_ns)
    return whole


def test_the_shares_of_what_a_script_does(tmp_path):
    case = script(SHARES)
    write_files(case, tmp_path / "traced")
    outcome = run_traced(case, tmp_path / "traced", tmp_path / "run")
    assert (outcome.code, outcome.stderr) == (0, "")
    spent = dict(zip(("loop", "holding", "waiting"), map(int, outcome.stdout.split()), strict=True))
    trace = load(tmp_path / "run" / "trace.json.gz")
    sampled = in_own_lines(trace, tmp_path / "traced" / "script.py")
    for name, spent_ns in spent.items():
        share = sampled[name] / sum(sampled[each] for each in spent)
        assert share == pytest.approx(spent_ns / sum(spent.values()), abs=0.05), name
    holds = trace.samples.state == ThreadState.HOLDS_LOCK
    assert 0.6 < holds.mean() < 0.97
    assert not any("gpu_trace" in text for text in trace.strings if text.endswith(".py"))
    said = facts(tmp_path / "run")
    assert said["lost"] == []
    assert said["stacks"]["rate_hz"] == 100


def test_where_reading_is_forbidden_one_sentence_says_so(tmp_path):
    if os.uname().machine != "x86_64":
        pytest.skip("the filter is of x86-64")
    (tmp_path / "script.py").write_text(ENDS)
    ours = [*ENTRY, "run", "-q", "-o", "run", "script.py"]
    done = subprocess.run(
        [sys.executable, "-c", FORBIDDEN, *ours], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    sentence = "Python stacks: the system does not let gpu-trace read the memory of the script; run gpu-trace doctor"
    assert (done.returncode, done.stdout) == (0, "done\n")
    assert done.stderr == f"gpu-trace: lost: {sentence}\n"
    said = facts(tmp_path / "run")
    assert (said["lost"], said["stacks"]) == ([sentence], None)
    assert Path(tmp_path / "run" / "trace.json.gz").exists()


def test_who_wants_none_has_none(tmp_path):
    case = script(ENDS)
    write_files(case, tmp_path / "traced")
    outcome = run_traced(case, tmp_path / "traced", tmp_path / "run", "--no-stacks")
    assert outcome.code == 0
    assert len(load(tmp_path / "run" / "trace.json.gz").samples) == 0
    assert (facts(tmp_path / "run")["lost"], facts(tmp_path / "run")["stacks"]) == ([], None)
