"""Which processes of a run use torch without the recorder, because a shell gave them a ``PYTHONPATH`` without it?

They cannot say so themselves: nothing of gpu-trace is in them. So the parent looks for them while the script runs.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..boot import environment
from ..boot.contract import raw_variable
from ..boot.names import of_command

if TYPE_CHECKING:
    from collections.abc import Iterator

WHY = "its PYTHONPATH was replaced, by which Python finds the recorder; write PYTHONPATH=DIR:$PYTHONPATH"
_NOTED = "unheard"
_PROC = Path("/proc")
_REST = 100
"""times as long as a look took, before the next: a process may have many threads, and each may have children"""


def watch(raw: Path, pid: int) -> Iterator[None]:
    """Look for those among all that a process started, whenever this is advanced, and note them in ``raw``."""
    known: set[int] = set()
    while True:
        began = time.monotonic()
        for found in _below(pid, raw, known):
            known.add(found)
            with suppress(OSError), (raw / _NOTED).open("a", encoding="utf-8") as noted:
                noted.write(f"{_name(found)} ({found})\n")
        rests_until = time.monotonic() + _REST * (time.monotonic() - began)
        yield
        while time.monotonic() < rests_until:
            yield


def labels(raw: Path) -> list[str]:
    """What to call those that were noted."""
    try:
        return (raw / _NOTED).read_text("utf-8").splitlines()
    except OSError:
        return []


def _below(pid: int, raw: Path, known: set[int]) -> Iterator[int]:
    """Those among the descendants of a process; what they start has the same reason, and is not looked at."""
    for child in _children(pid):
        if child in known:
            continue
        if _is_unheard(child, raw):
            yield child
        else:
            yield from _below(child, raw, known)


def _children(pid: int) -> list[int]:
    try:
        lists = [path.read_text("ascii") for path in (_PROC / str(pid) / "task").glob("*/children")]
    except OSError:  # it ended
        return []
    return [int(child) for each in lists for child in each.split()]


def _is_unheard(pid: int, raw: Path) -> bool:
    """Whether it is of this run, has its Python's ``PYTHONPATH`` from elsewhere, and has loaded torch."""
    try:
        found = _environment(pid)
        is_of_run = found.get(raw_variable()) == str(raw)
        return is_of_run and not environment.records(found) and b"/libtorch" in (_PROC / str(pid) / "maps").read_bytes()
    except OSError:  # it ended, or is another user's
        return False


def _environment(pid: int) -> dict[str, str]:
    entries = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    return dict(os.fsdecode(entry).split("=", 1) for entry in entries if b"=" in entry)


def _name(pid: int) -> str:
    arguments = [b""]
    with suppress(OSError):
        arguments = (_PROC / str(pid) / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    return of_command([argument.decode("utf-8", "replace") for argument in arguments[1:]])
