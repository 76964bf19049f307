"""The C library: what it writes of processes of this Python, without torch."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from gpu_trace.boot import contract
from gpu_trace.stack_sampling import facts, records
from gpu_trace.stack_sampling import library as library_module
from gpu_trace.stack_sampling.library import Sampler, built_sampler
from gpu_trace.stack_sampling.places import frames_of
from gpu_trace.stack_sampling.trial import sampler_knows_this_python
from gpu_trace_analyzers.model import MISSING, ThreadState

pytestmark = pytest.mark.skipif(built_sampler() is None, reason="there is no C compiler")

PHASES = """
import os, sys, threading, time
from contextlib import suppress

def pure(until):
    while time.time_ns() < until:
        for number in range(1000):
            number * number

def in_c(until):
    while time.time_ns() < until:
        sum(range(20_000))

def asleep(until):
    time.sleep(max(0, until - time.time_ns()) / 1e9)

def contends(until):
    asleep(until - 300_000_000)
    pure(until)

begun = time.time_ns()
with open(sys.argv[1], "a") as notes:
    notes.write(f"recorded_from\\t0 {begun}\\n")
edges = [begun + 300_000_000 * number for number in range(5)]
thread = threading.Thread(target=contends, args=(edges[4],))
thread.start()
stamps = []
for phase, until in zip((pure, in_c, asleep, pure), edges[1:]):
    stamps += [time.time_ns()]
    phase(until)
    stamps += [time.time_ns()]
thread.join()
print(*stamps, thread.native_id, flush=True)
"""


def sampler() -> Sampler:
    path = built_sampler()
    assert path is not None
    return Sampler(path)


def innermost(folder, pid):
    """Function, state, thread, start and end of each sample."""
    sampled = records.read(folder, pid)
    strings: dict[str, int] = {}
    frames, position = frames_of(sampled, Path("/nowhere"), folder, lambda text: strings.setdefault(text, len(strings)))
    texts = list(strings)
    for row in sampled.rows.tolist():
        start_ns, end_ns, thread, stack, state, _ = row
        at, chain = int(position[stack]), []
        while at != MISSING:
            chain.append((texts[frames.function[at]], int(frames.line[at])))
            at = int(frames.caller[at])
        yield chain, ThreadState(state), thread, start_ns, end_ns


@pytest.fixture(scope="module")
def phases(tmp_path_factory):
    """What was sampled of the phases: (function of this script, state, thread, start, end), and their stamps."""
    folder = tmp_path_factory.mktemp("phases")
    script = folder / "script.py"
    script.write_text(PHASES)
    library = sampler()
    library.begin(folder, share=1.0)
    with subprocess.Popen([sys.executable, str(script), "notes"], cwd=folder, stdout=subprocess.PIPE) as process:
        (folder / f"notes-{process.pid}").symlink_to("notes")
        stamps = list(map(int, process.communicate()[0].split()))
    library.end()
    return list(innermost(folder, process.pid)), stamps, process.pid, facts.read(folder)


def function_of(chain):
    return next((name for name, _ in chain if name in ("pure", "in_c", "asleep", "contends")), "")


def test_each_sample_is_of_what_ran_when_it_was_taken(phases):
    samples, stamps, main, _ = phases
    names = ("pure", "in_c", "asleep", "pure")
    for name, entered_ns, left_ns in zip(names, stamps[:8:2], stamps[1:8:2], strict=True):
        inside = [chain for chain, _, thread, at_ns, _ in samples if thread == main and entered_ns < at_ns < left_ns]
        # Stamps are taken by the script and by the sampler, of one clock: between call and stamp it runs no other line.
        others = [chain for chain in inside if function_of(chain) != name]
        assert len(inside) >= 10
        assert len(others) <= 1, (name, others)


def test_states_are_of_the_lock_and_of_the_kernel(phases):
    samples, stamps, main, _ = phases

    def states(phase, threads=(main,), until_ns=2**62):
        inside = range(stamps[2 * phase], min(until_ns, stamps[2 * phase + 1]))
        return [state for _, state, thread, at_ns, _ in samples if thread in threads and at_ns in inside]

    alone = states(0) + states(1)
    assert alone.count(ThreadState.HOLDS_LOCK) >= 0.9 * len(alone)
    asleep = states(2, until_ns=stamps[4] + 250_000_000)  # then it wakes, and on a busy machine waits for a CPU
    assert asleep.count(ThreadState.WAITING) >= 0.9 * len(asleep)
    assert ThreadState.WAITS_FOR_LOCK not in alone
    # Two threads of pure Python: one has the lock, and the other waits for it, or for a CPU if there is none to spare,
    # because it looks every 5 ms.
    contended = states(3, (main, stamps[8]))
    assert 0.3 * len(contended) <= contended.count(ThreadState.HOLDS_LOCK) <= 0.7 * len(contended)
    assert contended.count(ThreadState.WAITS_FOR_LOCK) >= 2


def test_a_sample_stands_until_the_next_one_of_its_thread(phases):
    samples, _, main, _ = phases
    times = np.array([(start_ns, end_ns) for _, _, thread, start_ns, end_ns in samples if thread == main])
    assert (np.diff(times[:, 0]) > 0).all()
    assert (times[:, 1] > times[:, 0]).all()
    assert (times[1:, 0] >= times[:-1, 1]).all()
    late = np.diff(times[:, 0]) >= 20_000_000  # a round is missing: it stands for the period alone
    assert (times[:-1, 1] == times[1:, 0])[~late].mean() > 0.9  # else the stack could not be read in between
    assert (times[:-1, 1] - times[:-1, 0] <= 20_000_000).all()


def test_both_threads_are_there_under_the_ids_of_the_kernel(phases):
    samples, stamps, main, _ = phases
    assert {thread for _, _, thread, _, _ in samples} == {main, stamps[8]}


def test_the_facts_say_what_was_done(phases):
    samples, _, main, said = phases
    assert said.processes[main].samples >= len(samples)  # those before the notes said that a session began are not kept
    assert said.rounds > 50
    assert said.period_ns == 10_000_000
    assert 0 < said.cpu_ns < 2_000_000_000
    assert (said.refused, said.is_full) == ("", 0)


def test_the_lines_of_all_frames_are_those_of_the_script(phases):
    samples, _, main, _ = phases
    lines = PHASES.splitlines()
    for chain, _, thread, _, _ in samples:
        if thread == main and function_of(chain) == "in_c":
            assert chain[0][1] in {lines.index("        sum(range(20_000))") + 1, lines.index("def in_c(until):") + 2}
            assert chain[1] == ("<module>", lines.index("    phase(until)") + 1)


def test_this_python_is_known():
    assert sampler_knows_this_python()


def test_a_name_of_any_letters(tmp_path):
    def größe_名前_𠀀():  # noqa: N802  # letters of 4 bytes have no case
        return sampler().sample_once(tmp_path, os.getpid())

    größe_名前_𠀀()
    found = [
        chain for chain, _, thread, _, _ in innermost(tmp_path, os.getpid()) if thread == threading.get_native_id()
    ]
    assert any(name.endswith("größe_名前_𠀀") for name, _ in found[0])


def test_deep_stacks_and_generators(tmp_path):
    def deep(depth):
        if depth:
            yield from deep(depth - 1)
        else:
            yield sampler().sample_once(tmp_path, os.getpid())

    def wide(depth):
        return wide(depth - 1) if depth else list(deep(100))

    wide(400)
    chain = next(c for c, _, thread, _, _ in innermost(tmp_path, os.getpid()) if thread == threading.get_native_id())
    names = [name.rpartition(".")[2] for name, _ in chain]
    assert (names.count("deep"), names.count("wide")) == (101, 401)


def test_a_process_that_is_killed_keeps_its_samples(tmp_path):
    library = sampler()
    script = "import time\nprint(flush=True)\nwhile True: time.sleep(0.001)"
    library.begin(tmp_path, share=1.0)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        (tmp_path / f"notes-{process.pid}").write_text("recorded_from\t0 1\n")
        time.sleep(0.3)
        process.send_signal(signal.SIGKILL)
        ended_ns = time.time_ns()
    time.sleep(0.05)
    library.end()
    ends = [end_ns for *_, end_ns in innermost(tmp_path, process.pid)]
    assert len(ends) > 5
    assert max(ends) < ended_ns + 30_000_000


def test_what_no_session_recorded_is_not_kept(tmp_path):
    library = sampler()
    script = "import time\nprint(flush=True)\ntime.sleep(1.6)"
    library.begin(tmp_path, share=1.0)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        notes = tmp_path / f"notes-{process.pid}"
        notes.write_text("python\t3\n")
        time.sleep(1.3)
        began_ns = time.time_ns()
        with notes.open("a") as file:
            file.write("recorded_from\t0 1\n")
    library.end()
    starts = [start_ns for *_, start_ns, _ in innermost(tmp_path, process.pid)]
    assert any(start_ns > began_ns for start_ns in starts)
    assert min(starts) > began_ns - 1_200_000_000  # notes may come a second late


def test_the_sampler_reads_the_notes_of_the_contract():
    source = (Path(library_module.__file__).parent / "process.c").read_text()
    assert f'"{contract.RECORDED_FROM.name}\\t"' in source
    assert f'"{contract.RECORDED_TO.name}\\t"' in source
    assert contract.notes_file(7) == "notes-7"
    assert '"%s/notes-%d"' in source


def test_what_a_process_becomes_by_exec_is_sampled(tmp_path):
    library = sampler()
    after = "def afterwards():\n  import time; time.sleep(0.7)\nafterwards()"
    before = f"""
import os, sys, time
def before(): time.sleep(0.4)
print(flush=True)
before()
os.execv(sys.executable, [sys.executable, "-c", {after!r}])
"""
    library.begin(tmp_path, share=1.0)
    with subprocess.Popen([sys.executable, "-c", before], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        (tmp_path / f"notes-{process.pid}").write_text("recorded_from\t0 1\n")
    library.end()
    functions = {chain[0][0] for chain, *_ in innermost(tmp_path, process.pid)}
    assert {"before", "afterwards"} <= functions


def test_a_program_that_is_no_python_is_named_so(tmp_path):
    library = sampler()
    with subprocess.Popen(["sleep", "10"]) as process:
        time.sleep(0.05)
        with pytest.raises(OSError, match="Exec format"):
            library.sample_once(tmp_path, process.pid)
        process.kill()


def test_an_ordinary_user_may_sample_its_own_child():
    library = sampler()
    with tempfile.TemporaryDirectory() as folder:  # that of pytest is closed to others
        Path(folder).chmod(0o777)
        helper = os.fork()
        if not helper:
            os._exit(_sample_a_child_as_nobody(library, Path(folder)))
        assert os.waitstatus_to_exitcode(os.waitpid(helper, 0)[1]) == 0


def _sample_a_child_as_nobody(library, folder):
    """0 where it worked; in a process of its own."""
    if os.getuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
        ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE, which a program has that such a user starts
    child = os.fork()
    if not child:
        time.sleep(5)
        os._exit(0)
    try:
        time.sleep(0.05)
        library.sample_once(folder, child)
    except OSError:
        return 1
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return 0 if records.read(folder, child).rows.size == 1 else 2


ONE_BY_ONE = """
import os, sys, time
with open(sys.argv[1], "a") as notes:
    notes.write(f"recorded_from\\t0 {time.time_ns()}\\n")
for _ in range(6):
    if not (child := os.fork()):
        time.sleep(0.3)
        os._exit(0)
    os.waitpid(child, 0)
    print(child, flush=True)
time.sleep(0.3)
print(flush=True)
sys.stdin.readline()
"""


def test_processes_that_have_ended_keep_no_file_open(tmp_path):
    (tmp_path / "script.py").write_text(ONE_BY_ONE)
    library = sampler()
    library.begin(tmp_path, share=1.0)
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "script.py", "notes"], cwd=tmp_path, stdin=pipe, stdout=pipe, text=True
    ) as process:
        (tmp_path / f"notes-{process.pid}").symlink_to("notes")
        children = [int(line) for line in iter(process.stdout.readline, "\n")]
        names = [str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
        process.stdin.close()
    library.end()
    opened = {name for name in names if name.startswith(f"{tmp_path}/stacks-")}
    assert opened == {f"{tmp_path}/stacks-{process.pid}-{kind}" for kind in ("rows", "codes", "calls")}
    assert all(list(innermost(tmp_path, child)) for child in children)
    assert facts.read(tmp_path).is_crowded == 0


BETWEEN_SESSIONS = """
import os, sys, time
with open(sys.argv[1], "a") as notes:
    notes.write("recorded_from\\t0 1\\nrecorded_to\\t0 2\\n")
time.sleep(0.3)
if not (child := os.fork()):
    time.sleep(1)
    os._exit(0)
os.waitpid(child, 0)
print(child)
"""


def test_of_a_forked_child_nothing_is_kept_between_sessions_of_its_parent(tmp_path):
    (tmp_path / "script.py").write_text(BETWEEN_SESSIONS)
    library = sampler()
    library.begin(tmp_path, share=1.0)
    with subprocess.Popen([sys.executable, "script.py", "notes"], cwd=tmp_path, stdout=subprocess.PIPE) as process:
        (tmp_path / f"notes-{process.pid}").symlink_to("notes")
        child = int(process.communicate()[0])
    library.end()
    samples = facts.read(tmp_path).processes[child].samples
    assert samples > 20
    assert len(records.read(tmp_path, child).rows) <= samples // 4


FILES = """
import time

text = "import time\\nuntil = time.time() + 0.08\\nwhile time.time() < until:\\n    pass\\n"
print(flush=True)
time.sleep(0.3)
for number in range(16):
    exec(compile(text, f"file{number:02}.py", "exec"), {})
"""


def test_files_that_lie_where_freed_ones_lay_are_told_apart(tmp_path):
    library = sampler()
    library.begin(tmp_path, share=1.0)
    with subprocess.Popen([sys.executable, "-c", FILES], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        (tmp_path / f"notes-{process.pid}").write_text("recorded_from\t0 1\n")
    library.end()
    sampled = records.read(tmp_path, process.pid)
    files = {code.file for code in sampled.codes.values()}
    assert {f"file{number:02}.py" for number in range(16)} <= files


FORKS = """
import os, subprocess, sys, threading, time

def forked():
    until = time.time() + 0.6
    while time.time() < until:
        sum(range(1000))

def fork():
    if not (child := os.fork()):
        forked()
        os._exit(0)
    children.append(child)

children = []
with open(sys.argv[1], "a") as notes:
    notes.write(f"recorded_from\\t0 {time.time_ns()}\\n")
fork()
thread = threading.Thread(target=fork)
thread.start()
thread.join()
other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.7)"])
for child in children:
    os.waitpid(child, 0)
other.wait()
print(*children, other.pid)
"""


def test_forked_children_are_sampled_and_other_programs_are_not(tmp_path):
    (tmp_path / "script.py").write_text(FORKS)
    library = sampler()
    library.begin(tmp_path, share=1.0)
    with subprocess.Popen([sys.executable, "script.py", "notes"], cwd=tmp_path, stdout=subprocess.PIPE) as process:
        (tmp_path / f"notes-{process.pid}").symlink_to("notes")
        first, second, other = map(int, process.communicate()[0].split())
    library.end()
    said = facts.read(tmp_path).processes
    for child in (first, second):
        of_child = [chain for chain, *_ in innermost(tmp_path, child)]
        assert len(of_child) >= 5
        assert sum("forked" in {name for name, _ in chain} for chain in of_child) >= 0.8 * len(of_child)
        assert said[child].parent == process.pid
    assert other not in said or not said[other].samples
