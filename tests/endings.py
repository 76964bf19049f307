"""The ways in which scripts with torch end. Each ends a script that is recorded for another reason too: a process with
torch takes seconds, and what was recorded last is in the trace however a script ends.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import Any

from native import Case, script


@dataclass(frozen=True)
class Ending:
    text: str
    send: signal.Signals | None = None


UP = "print('up', flush=True)\n"
SLEEP = UP + "time.sleep(50)"
TO_ITSELF = "os.kill(os.getpid(), signal.{})\nprint('no')"
CHAINED = """
def fails():
    try: torch.ones(2) @ torch.ones(3)
    except RuntimeError as error: raise ValueError('x') from error
fails()
"""
HANDLED = """
def mine(*_):
    if callable(before): before(signal.SIGTERM, None)
    print('mine'); sys.exit(9)
before = signal.signal(signal.SIGTERM, mine)
"""
ENDINGS = {
    "exit 7": Ending("sys.exit(7)"),
    "exception": Ending(CHAINED),
    "os._exit": Ending("os._exit(5)"),
    "os._exit in a thread": Ending("threading.Thread(target=os._exit, args=(6,)).start(); time.sleep(50)"),
    "exec": Ending("os.execvp('echo', ['echo', 'other'])"),
    "Ctrl-C": Ending(SLEEP, signal.SIGINT),
    "SIGINT at its default": Ending(
        "signal.signal(signal.SIGINT, signal.SIG_DFL)\ntime.sleep(1)\n" + SLEEP, signal.SIGINT
    ),
    "SIGTERM in a C call": Ending(SLEEP, signal.SIGTERM),
    "SIGTERM to itself": Ending(TO_ITSELF.format("SIGTERM")),
    "SIGTERM handled": Ending(HANDLED + SLEEP, signal.SIGTERM),
    "SIGHUP in a C call": Ending(SLEEP, signal.SIGHUP),
    "SIGUSR1 in a C call": Ending(SLEEP, signal.SIGUSR1),
    "SIGALRM": Ending("signal.alarm(1)\n" + SLEEP),
    "SIGQUIT to itself": Ending(TO_ITSELF.format("SIGQUIT")),
}
_LAST = """
import os, signal, sys, threading, time
with torch.profiler.record_function("last"): torch.ones(8) + 1
sys.stdout.flush()
"""


def ending(name: str, text: str, **more: Any) -> Case:
    """A case of a script that imports torch, records the range ``last`` when it has done all else, and ends so."""
    return script(text + _LAST + ENDINGS[name].text, send=ENDINGS[name].send, **more)
