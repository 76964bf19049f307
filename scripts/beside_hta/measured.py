"""What does a program cost, with all processes that it starts?"""

from __future__ import annotations

import ctypes
import os
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOOK_EVERY_S = 0.1
_SET_CHILD_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER in linux/prctl.h"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor and wall-clock seconds, and the most memory that all processes had at one time."""

    cpu_s: float
    wall_s: float
    peak_mb: float


def measured(command: Sequence[str]) -> tuple[Cost, str]:
    """Run a program to its end; its cost, and what it printed. Raises SystemExit where it fails."""
    _adopt_orphans()
    others = set(_children(os.getpid()))
    with tempfile.TemporaryFile("w+") as output:
        began_s = time.perf_counter()
        child = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        peak, ended = [0], Event()
        watcher = Thread(target=_watch, args=(child.pid, peak, ended))
        watcher.start()
        _, status, usage = os.wait4(child.pid, 0)  # its usage has that of the children that it waited for
        child.returncode = os.waitstatus_to_exitcode(status)
        cpu_s = usage.ru_utime + usage.ru_stime + _cpu_s_of_orphans(others)
        ended.set()
        watcher.join()
        wall_s = time.perf_counter() - began_s
        output.seek(0)
        printed = output.read()
    if child.returncode:
        raise SystemExit(f"{' '.join(command[:2])} failed:\n{printed[-2000:]}")
    return Cost(cpu_s, wall_s, peak[0] / 1e6), printed


def _adopt_orphans() -> None:
    """Become the parent of processes that outlive theirs, such as multiprocessing's fork server with its workers."""
    if ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise SystemExit("this system does not let a process adopt others, so that their cost cannot be measured")


def _cpu_s_of_orphans(others: set[int]) -> float:
    """Wait for the processes that the program left; the processor seconds of all. ``others`` were there before it."""
    cpu_s = 0.0
    while left := set(_children(os.getpid())) - others:
        _, _, usage = os.wait4(left.pop(), 0)
        cpu_s += usage.ru_utime + usage.ru_stime
    return cpu_s


def _watch(pid: int, peak: list[int], ended: Event) -> None:
    while not ended.wait(_LOOK_EVERY_S):
        peak[0] = max(peak[0], sum(map(_resident_bytes, _with_descendants(pid))))


def _with_descendants(pid: int) -> list[int]:
    found = [pid]
    for process in found:
        found += _children(process)
    return found


def _children(pid: int) -> list[int]:
    """Those of all its threads; none of a process that has ended."""
    with suppress(OSError):
        files = list(Path(f"/proc/{pid}/task").glob("*/children"))
        return [int(child) for file in files for child in file.read_text().split()]
    return []


def _resident_bytes(pid: int) -> int:
    """Of memory that several processes share, each has its part."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
