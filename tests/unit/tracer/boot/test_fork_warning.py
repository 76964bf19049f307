"""Python's warning of forks among threads: whoever has threads of his own gets it, once, and nobody for ours."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.version_info < (3, 12), reason="earlier Pythons do not warn")

SCRIPT = """
import os, threading
from gpu_trace.boot.fork_warning import OurThreads
done, ours, theirs = threading.Event(), OurThreads(), {theirs}
def thread(): threading.Thread(target=done.wait).start()
class Ending:  # as NumPy's BLAS: its threads end before the fork
    def __init__(self): os.register_at_fork(before=self.end); self.go = threading.Event(); self.start()
    def start(self): self.thread = threading.Thread(target=self.go.wait); self.thread.start()
    def end(self): self.go.set(); self.thread.join()
if theirs == "ending": ending = Ending()
ours.counted(thread)
if theirs == "lasting": thread()
pid = os.fork()
if pid == 0: os._exit(0)
os.waitpid(pid, 0)
done.set()
"""


@pytest.mark.parametrize(("theirs", "warnings"), [("none", 0), ("ending", 0), ("lasting", 1)])
def test_who_is_warned(theirs, warnings):
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(theirs=repr(theirs))], capture_output=True, text=True, check=True
    )
    assert ran.stderr.count("is multi-threaded, use of fork() may lead to deadlocks") == warnings, ran.stderr
