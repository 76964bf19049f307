"""Makes traces of what the recorded processes left: one file for each process that left anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import notes, trace_file

if TYPE_CHECKING:
    from pathlib import Path

    from .folder import RunFolder
    from .kineto_text import KinetoText
    from .notes import Notes


@dataclass(frozen=True, slots=True)
class ProcessLeft:
    """What one process left. ``rank`` is None outside a distributed job."""

    pid: int
    notes: Notes
    parts: list[KinetoText]
    lost: list[str]

    @property
    def rank(self) -> int | None:
        """Its rank in a distributed job."""
        text = self.notes.last("rank")
        return int(text) if text else None

    @property
    def distributed_info(self) -> dict[str, object] | None:
        """What torch.profiler would have written under this name."""
        if self.rank is None:
            return None
        backend, size = self.notes.last("backend"), self.notes.last("world_size")
        return {**({"backend": backend} if backend else {}), "rank": self.rank, "world_size": int(size)}


def left_by(raw: Path, first: int) -> list[ProcessLeft]:
    """What each process left: the one that was started first, then by rank, then by process id."""
    pids = {int(path.name.split("-")[1]) for path in raw.iterdir() if "-" in path.name} | {first}
    found = [_read(raw, pid) for pid in pids]
    return sorted(found, key=lambda left: (left.pid != first, left.rank or 0, left.pid))


def _read(raw: Path, pid: int) -> ProcessLeft:
    parts, lost = trace_file.read_parts(raw, pid)
    facts = notes.read(raw / f"notes-{pid}")
    lost = [*facts.all("failed"), *lost]
    if not parts and facts.last("starts"):
        lost.append("what torch's profiler recorded: the process ended before it could be saved")
    return ProcessLeft(pid, facts, parts, lost)


def write_traces(folder: RunFolder, processes: list[ProcessLeft]) -> list[Path]:
    """Write a trace for each process with something in it; their paths, in the same order."""
    with_content = [process for process in processes if process.parts]
    names = _names(with_content)
    for process, name in zip(with_content, names, strict=True):
        base = trace_file.base_ns(process.parts) or 0
        trace_file.write(folder.path / name, process.parts, [], base, process.distributed_info)
    return [folder.path / name for name in names]


def _names(processes: list[ProcessLeft]) -> list[str]:
    if len(processes) == 1:
        return ["trace.json.gz"]
    return [
        f"trace-process-{process.pid}.json.gz" if process.rank is None else f"trace-rank-{process.rank}.json.gz"
        for process in processes
    ]
