"""Gives Kineto's rows the thread ids of Linux, where Kineto had only the lower half of a ``pthread_t``.

Kineto learns a thread's id when the thread runs an operator, or enters a ``record_function``, in a session. Without
operators most threads never do, and CUPTI's rows of them say ``"tid": 1950667072``: the lower 32 bits of the thread's
``pthread_t``, as a signed number without its sign (``sanitizeTid`` of Kineto). NVTX ranges, names and Kineto's rows of
other threads have the id, which Linux keeps below 2^22: seven digits at most. Of 2,000 threads one has a half address
that is shorter still, and keeps it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..boot.contract import THREAD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..nvtx_recording.records import ProcessRanges
    from .kineto_text import KinetoText
    from .notes import Notes

_HALF = 1 << 32


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread of Linux: its ``pthread_t`` is from ``low`` to ``high``; ``since_ns`` is when it is known to be."""

    tid: int
    low: int
    high: int
    name: str = ""
    since_ns: int = 0

    @property
    def title(self) -> str:
        """What Kineto calls a thread that it knows."""
        return f"thread {self.tid} ({self.name})" if self.name else f"thread {self.tid}"

    def may_be(self, address: int) -> bool:
        """Whether this is what Kineto makes of its ``pthread_t``."""
        return any((half - self.low) % _HALF <= self.high - self.low for half in (address, -address))


def known_threads(notes: Notes, ranges: Iterable[ProcessRanges]) -> list[Thread]:
    """Those that lived when recording stopped, and those that ever had an NVTX range, in order of ``since_ns``."""
    lived = {thread.tid: thread for thread in map(_noted, notes.all(THREAD))}
    heard = [thread for program in ranges for thread in _heard(program)]
    alone = [thread for thread in lived.values() if thread.tid not in {other.tid for other in heard}]
    return sorted([*alone, *heard], key=lambda thread: thread.since_ns)


def _noted(line: str) -> Thread:
    tid, low, high, name = line.split(" ", 3)
    return Thread(int(tid), int(low), int(high), name)


def _heard(ranges: ProcessRanges) -> Iterator[Thread]:
    first_ns: dict[int, int] = {}
    for tid, at_ns in zip(ranges.opening["thread"].tolist(), ranges.opening["at_ns"].tolist(), strict=True):
        first_ns.setdefault(tid, at_ns)
    for tid, half in ranges.texts.addresses.items():
        if tid in first_ns:
            yield Thread(tid, half, half, since_ns=first_ns[tid])


def with_ids_of_linux(
    parts: list[KinetoText], pid: int, threads: list[Thread]
) -> tuple[list[KinetoText], list[Thread]]:
    """The rows of process ``pid`` under the ids of its threads, and the threads to which that brought rows."""
    sessions = [_Rows(part, pid, threads) for part in parts]
    changed = [replace(part, events=rows.renamed()) for part, rows in zip(parts, sessions, strict=True)]
    return changed, sorted(set().union(*(rows.found for rows in sessions)), key=lambda thread: thread.tid)


def name_rows(pid: int, threads: Iterable[Thread]) -> Iterator[dict[str, Any]]:
    """What Kineto writes for the threads that it knows."""
    for thread in threads:
        args = {"name": thread.title}
        yield {"ph": "M", "name": "thread_name", "pid": pid, "tid": thread.tid, "ts": 0, "args": args}


class _Rows:
    """The events of one session of one process."""

    def __init__(self, part: KinetoText, pid: int, threads: list[Thread]) -> None:
        self._text, self._base_ns, self._threads = part.events, part.base_ns, threads
        self._host_row = re.compile(rb'("pid": %d,\s*"tid": )(-?\d{7,})(,\s*"ts": )([\d.]+)' % pid)
        self._owners: dict[bytes, list[Thread]] = {}
        """of each address that was met"""
        self.found: set[Thread] = set()

    def renamed(self) -> bytes:
        """All of them."""
        return self._host_row.sub(self._row, self._text)

    def _row(self, found: re.Match[bytes]) -> bytes:
        before, address, between, time_us = found.groups()
        if address not in self._owners:
            is_id = any(thread.tid == int(address) for thread in self._threads)
            self._owners[address] = [t for t in self._threads if t.may_be(int(address)) and not is_id]
        owners = self._owners[address]
        if not owners or (len(owners) > 1 and not owners[0].since_ns):  # it is not known when that one came there
            return found[0]
        owner = owners[0] if len(owners) == 1 else _by_then(owners, self._base_ns + int(float(time_us) * 1000))
        self.found.add(owner)
        return b"%b%d%b%b" % (before, owner.tid, between, time_us)


def _by_then(owners: list[Thread], at_ns: int) -> Thread:
    """The latest that had the address by then; threads that have ended leave theirs to others."""
    return next((thread for thread in reversed(owners) if thread.since_ns <= at_ns), owners[0])
