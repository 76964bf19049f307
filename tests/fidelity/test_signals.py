"""A signal that ends a script with torch ends it as it does natively, and all that was recorded is saved before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec

import pytest

from endings import SLEEP, ending
from native import ENTRY, LEAN, facts, names
from recalled import run_both

START = f"""
{LEAN}
import os, signal, threading, time
with torch.profiler.record_function("work"): torch.ones(8) + 1
"""
IGNORED = """
signal.signal(signal.SIGHUP, signal.SIG_IGN)
os.kill(os.getpid(), signal.SIGHUP)
print("SIGHUP ignored")
"""
HANDLED = """
signal.signal(signal.SIGALRM, lambda *_: print("SIGALRM handled"))
signal.setitimer(signal.ITIMER_REAL, 0.7)  # later than the first look at what the script has done with its signals
time.sleep(0.9)
"""
ASYNCIO = """
import asyncio
async def main():
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, print, 'asyncio: heard')
    os.kill(os.getpid(), signal.SIGUSR1)
    await asyncio.sleep(0.1)
asyncio.run(main())
print(signal.set_wakeup_fd(-1))
"""
TRIO = """
import trio
async def main():
    with trio.open_signal_receiver(signal.SIGUSR2) as received:
        os.kill(os.getpid(), signal.SIGUSR2)
        async for number in received: break
        print("trio:", number)
trio.run(main)
"""
LOOPS = ASYNCIO + (TRIO if find_spec("trio") else "")
CLOSED = """
import nvtx, tempfile
{close}
folder = tempfile.mkdtemp(); files = [open(f'{{folder}}/{{i}}', 'w+b', buffering=0) for i in range(250)]
signal.signal(signal.SIGUSR1, lambda *_: None)
for _ in range(3): os.kill(os.getpid(), signal.SIGUSR1)
with torch.profiler.record_function("after"): torch.ones(8) + 1
with nvtx.annotate("range"): pass
time.sleep(0.7)
print([(f.fileno(), open(f.name, 'rb').read()) for f in files if open(f.name, 'rb').read()])
"""
EACH_CLOSED = """
for fd in range(3, 1024):
    try: os.close(fd)
    except OSError: pass
"""

CASES = {
    "signals of the script's own": ending("SIGTERM handled", START + IGNORED + HANDLED + LOOPS),
    "loops where warnings are errors": ending("SIGTERM in a C call", START + LOOPS, flags=("-W", "error")),
    "descriptors closed": ending("SIGHUP in a C call", START + CLOSED.format(close="os.closerange(3, 1024)")),
    "each descriptor closed": ending("SIGALRM", START + CLOSED.format(close=EACH_CLOSED)),
}


@pytest.mark.parametrize("name", CASES)
def test_native_and_traced_are_alike(name, tmp_path):
    case = CASES[name]
    native, traced = run_both(case, tmp_path)
    assert traced == native
    found = {"work", "aten::add", "last"} | ({"after", "range"} if "closed" in name else set())
    assert found <= names(tmp_path / "run")
    assert facts(tmp_path / "run")["lost"] == []


def test_a_closed_terminal_sends_it_to_all_and_twice(tmp_path):
    (tmp_path / "script.py").write_text(START + SLEEP)
    ours = [sys.executable, *ENTRY, "run", "-q", "-o", "run", "script.py"]
    with subprocess.Popen(ours, cwd=tmp_path, stdout=-1, stderr=-1, text=True, start_new_session=True) as process:
        process.stdout.readline()
        for _ in range(3):
            os.killpg(process.pid, signal.SIGHUP)
            time.sleep(0.05)
        assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == -signal.SIGHUP
    assert {"work", "aten::add"} <= names(tmp_path / "run")
    assert facts(tmp_path / "run")["lost"] == []


def test_few_descriptors_are_enough(tmp_path):
    text = "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n" + START
    native, traced = run_both(ending("SIGUSR1 in a C call", text), tmp_path)
    assert traced == native
    assert {"work", "last"} <= names(tmp_path / "run")


def test_few_descriptors_are_enough_for_all_of_a_run(tmp_path):
    limited = ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh", sys.executable, *ENTRY, "run", "-o", "run", "script.py"]
    (folder := tmp_path / "limited").mkdir()
    (folder / "script.py").write_text(START)
    ended = subprocess.run(limited, cwd=folder, capture_output=True, text=True, check=False)
    assert (ended.returncode, "lost" in ended.stderr, "Traceback" in ended.stderr) == (0, False, False)
    assert "work" in names(folder / "run")


def test_whoever_begins_the_run_may_ignore_the_ends_of_its_children(tmp_path):
    (tmp_path / "script.py").write_text("import signal, sys; sys.exit(3 + signal.getsignal(signal.SIGCHLD))")
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        run = os.posix_spawn(
            sys.executable,
            [sys.executable, *ENTRY, "run", "-q", "-o", str(tmp_path / "run"), str(tmp_path / "script.py")],
            os.environ,
        )
    finally:
        signal.signal(signal.SIGCHLD, before)
    assert os.waitstatus_to_exitcode(os.waitpid(run, 0)[1]) == 4
    assert facts(tmp_path / "run")["lost"] == []
