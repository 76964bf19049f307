"""A child that is forked while another thread is at work in the recorder can go on."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import os, threading
from gpu_trace.boot.recorder import Recorder
class Notes:
    def write(self, *_): pass
recorder = Recorder(None, Notes(), None)
held, done = threading.Event(), threading.Event()
def hold():
    with recorder._lock:
        held.set()
        done.wait()
threading.Thread(target=hold).start()
held.wait()
pid = os.fork()
if pid == 0:
    recorder.give_way()
    recorder.resume()
    os._exit(7)
for _ in range(100):
    ended, status = os.waitpid(pid, os.WNOHANG)
    if ended: break
    threading.Event().wait(0.05)
else: os.kill(pid, 9)
done.set()
print(os.waitstatus_to_exitcode(status) if ended else "it hangs")
"""


def test_a_forked_child_does_not_wait_for_a_thread_of_its_parent():
    ran = subprocess.run([sys.executable, "-W", "ignore", "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert ran.stdout == "7\n", ran.stderr
