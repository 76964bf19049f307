"""Which threads live in this process, and where: Kineto knows a thread that ran no operator only by its ``pthread_t``.

glibc keeps what a ``pthread_t`` points to at the top of the thread's stack; a thread that waits says in
``/proc/self/task/TID/syscall`` where on its stack it is. So the mapping around that place is the thread's.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def living() -> list[str]:
    """``TID LOW HIGH NAME`` of each thread that can be found; its ``pthread_t`` is at least LOW and at most HIGH."""
    known = {tid: (address, address) for tid, address in _of_python()}
    mappings = _mappings()
    found = []
    for entry in os.listdir("/proc/self/task"):
        tid = int(entry)
        place = known.get(tid) or _around(_stack_pointer(tid), mappings)
        if place is not None:
            found.append(f"{tid} {place[0]} {place[1]} {_name(tid)}")
    return found


def _of_python() -> Iterator[tuple[int, int]]:
    threading = sys.modules.get("threading")
    # Not threading.enumerate(), whose lock a signal may have found taken.
    for address, thread in list(getattr(threading, "_active", {}).items()):
        if thread.native_id is not None:
            yield thread.native_id, address


def _stack_pointer(tid: int) -> int:
    """0 for a thread that runs, or has ended."""
    words = _read(f"/proc/self/task/{tid}/syscall").split()
    return int(words[-2], 16) if len(words) > 2 else 0


def _name(tid: int) -> str:
    return _read(f"/proc/self/task/{tid}/comm").strip()


def _mappings() -> list[tuple[int, int]]:
    spans = (line.split(" ", 1)[0].split("-") for line in _read("/proc/self/maps").splitlines())
    return [(int(low, 16), int(high, 16)) for low, high in spans]


def _around(address: int, mappings: list[tuple[int, int]]) -> tuple[int, int] | None:
    return next(((address, high) for low, high in mappings if low <= address < high), None)


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
