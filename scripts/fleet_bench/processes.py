"""What do several processes and those that they start cost? Read from /proc while they run."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_EVERY_S = 0.05
_TICKS_S = 1 / os.sysconf("SC_CLK_TCK")


class Cost(NamedTuple):
    """Of one process, as far as it was seen: it is looked at every 0.05 s."""

    cpu_s: float = 0.0
    peak_mb: float = 0.0
    """resident"""


class Watched:
    """The processes of some sessions, by the session that they are in."""

    def __init__(self) -> None:
        self.sessions: set[int] = set()
        self._costs: defaultdict[int, dict[int, Cost]] = defaultdict(dict)

    def look(self) -> None:
        """Note what each has used by now."""
        for entry in Path("/proc").iterdir():
            with suppress(OSError, ValueError, IndexError, KeyError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if entry.name.isdecimal() and (session := int(fields[3])) in self.sessions:
                    cost = Cost((int(fields[11]) + int(fields[12])) * _TICKS_S, _peak_mb(entry))
                    self._costs[session][int(entry.name)] = cost

    def of(self, session: int) -> tuple[Cost, list[Cost]]:
        """What the first process of a session took, and each of those that it started."""
        costs = dict(self._costs[session])
        return costs.pop(session, Cost()), list(costs.values())


def _peak_mb(process: Path) -> float:
    """The largest resident size so far."""
    lines = (process / "status").read_text().splitlines()
    stated = dict(line.split(":", 1) for line in lines if line.startswith("VmHWM"))
    return int(stated["VmHWM"].split()[0]) / 1024


@contextmanager
def watched() -> Iterator[Watched]:
    """Looks at the sessions that are added to it until the block ends."""
    found, ended = Watched(), threading.Event()

    def follow() -> None:
        while not ended.wait(_EVERY_S):
            found.look()

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()
