"""How the sampling of stacks went: the file ``stacks``, facts that the sampler writes at its end, ``key<TAB>value``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_FILE = "stacks"
_REFUSED, _PROCESS = "refused", "process"


@dataclass(frozen=True, slots=True)
class ProcessFacts:
    """``error`` is the errno for which it was sampled no more, 0 for none; ``unread`` changed while they were read.

    ``parent`` is the process that started it, 0 where that is not known.
    """

    error: int
    samples: int
    unread: int
    parent: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """Times in ns. ``missed`` rounds came too late.

    ``is_full`` where there were too many samples to go on, ``is_crowded`` where there were too many processes.
    """

    refused: str = ""
    """why nothing was sampled, in words"""
    rounds: int = 0
    missed: int = 0
    cpu_ns: int = 0
    period_ns: int = 0
    longest_period_ns: int = 0
    is_full: int = 0
    is_crowded: int = 0
    processes: dict[int, ProcessFacts] = field(default_factory=dict)


def read(raw: Path) -> Facts | None:
    """The facts; None where no stacks were wanted, or a full disk left no whole file."""
    try:
        return _facts((raw / _FILE).read_text(encoding="utf-8").splitlines())
    except (OSError, ValueError, TypeError):
        return None


def _facts(lines: list[str]) -> Facts:
    """Raises ValueError and TypeError where a line is cut off."""
    found: dict[str, Any] = {"processes": {}}
    for key, _, value in (line.partition("\t") for line in lines):
        if key == _PROCESS:
            pid, *numbers = map(int, value.split())
            found["processes"][pid] = ProcessFacts(*numbers)
        else:
            found[key] = value if key == _REFUSED else int(value)
    return Facts(**found)


def refuse(raw: Path, reason: str) -> None:
    """Note why nothing can be sampled. Raises OSError."""
    (raw / _FILE).write_text(f"{_REFUSED}\t{reason}\n", encoding="utf-8")
