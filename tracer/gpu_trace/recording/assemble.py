"""Makes traces of what the recorded processes left: one file for each process that left anything."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpu_trace_analyzers.readers.kineto.document import StatedDependencies, StatedWindow

from ..boot.contract import BACKEND, FAILED, PROCESS, PYTHON, RANK, STARTS, WORLD_SIZE, process_of
from ..nvtx_recording import nccl, records
from ..nvtx_recording.kineto_rows import process_row
from . import (
    collectives,
    dependencies,
    execution_trace,
    garbage,
    gpu_clock_rows,
    heads,
    job,
    lost,
    notes,
    sessions,
    stack_rows,
    stacks,
    thread_ids,
    windows,
)
from .process_groups import groups_of
from .process_trace import ProcessTrace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..nvtx_recording.records import ProcessRanges
    from ..stack_sampling.records import SampledProcess
    from .collectives import Groups
    from .dependencies import Dependencies
    from .execution_trace import ExecutionTrace
    from .folder import RunFolder
    from .garbage import Collection
    from .notes import Notes
    from .process_trace import Row
    from .sessions import Session
    from .thread_ids import Thread


MOST_TRACES = 64
"""of a run: a script may start thousands of processes"""


@dataclass(frozen=True, slots=True)
class ProcessLeft:
    """What one process left. ``rank`` is its place in a distributed job, None where it has none."""

    pid: int
    notes: Notes
    parts: list[Session]
    lost: list[str]
    ranges: list[ProcessRanges]
    threads: list[Thread]
    """whose rows Kineto had under another id, and without their names"""
    garbage: list[Collection]
    """its long garbage collections"""
    rank: int | None = None
    left_out: list[str] = field(default_factory=list)
    """what was not to be recorded, or could not be: nothing went wrong"""
    sampled: SampledProcess | None = None
    """its Python stacks"""
    started_by: int = 0
    """the process that started it, by the sampler of stacks; 0 where that does not know"""
    execution_trace: ExecutionTrace | None = None
    """what was written of its operators and their storages"""
    is_first: bool = True
    """whether it is the script's own, and none that this started"""

    @property
    def was_followed(self) -> bool:
        """Whether a recorder was in it: one that was forked, or is not Python, left NVTX ranges at most."""
        return self.notes.last(PYTHON) != ""

    @property
    def has_content(self) -> bool:
        """Whether it has a trace of its own. One that was started has none for having imported torch."""
        return self.did_anything or (self.is_first and bool(self.parts))

    @property
    def did_anything(self) -> bool:
        """Whether a device, operators or ranges of it were recorded."""
        return any(part.has_work for part in self.parts) or (any(self.ranges) and self.was_followed)

    @property
    def label(self) -> str:
        """What to call it in a sentence."""
        if self.rank is not None:
            return f"rank {self.rank}"
        if self.is_first:
            return "the script"
        name = self.notes.last(PROCESS)
        return f"{name} ({self.pid})" if name else f"process {self.pid}"

    @property
    def size(self) -> int:
        """About how much it left."""
        return sum(part.size for part in self.parts) + sum(len(program) for program in self.ranges)

    @property
    def parent(self) -> int:
        """The process that started it; 0 where it does not say."""
        return next((parent for program in self.ranges for parent in program.texts.parents), self.started_by)

    @property
    def base_ns(self) -> int:
        """What its trace counts times from, in ns since 1970."""
        stamps = (int(ranges.opening["at_ns"].min()) for ranges in self.ranges if len(ranges))
        return (self.parts[0].text.base_ns if self.parts else 0) or min(stamps)

    @property
    def gpus(self) -> list[str]:
        """What the GPUs are called that it could see, by index."""
        return [str(device.get("name", "")) for device in self.parts[0].text.devices] if self.parts else []

    @property
    def sessions(self) -> list[tuple[int, int]]:
        """From when to when each session recorded, in ns since 1970, in order, as far as that is known."""
        return sorted(part.text.window for part in self.parts if part.text.window)

    @property
    def windows(self) -> list[tuple[int, int]]:
        """When it was recorded, in ns since 1970; empty where that is not known, or its rows alone say as much."""
        known = self.sessions
        stamps_ns = [ranges.opening["at_ns"] for ranges in self.ranges if len(ranges)]
        others_ns = [int(edge_ns) for each in stamps_ns for edge_ns in (each.min(), each.max())]
        return known if len(known) == len(self.parts) and windows.needs_saying(known, others_ns) else []

    @property
    def dependencies(self) -> Dependencies | None:
        """What it noted of recording those; None without an execution trace."""
        return dependencies.of(self.notes, self.execution_trace.operators) if self.execution_trace else None

    @property
    def distributed_info(self) -> dict[str, object] | None:
        """What torch.profiler would have written under this name."""
        if self.rank is None:
            return None
        backend, size = self.notes.last(BACKEND), self.notes.last_number(WORLD_SIZE)
        groups = groups_of(self.notes)
        return {
            **({"backend": backend} if backend else {}),
            "rank": self.rank,
            "world_size": size,
            **({"pg_config": groups} if groups else {}),
        }


def left_by(raw: Path, first: int) -> list[ProcessLeft]:
    """What each process left: the one that was started first, then by rank, then by process id."""
    ranges = records.read(raw)
    pids = {pid for path in raw.iterdir() if (pid := process_of(path.name)) is not None} | {first}
    facts = {pid: notes.read(raw, pid) for pid in pids}
    rank_of = _ranks(facts)
    sizes = {rank: facts[pid].last_number(WORLD_SIZE) for pid, rank in rank_of.items()}
    groups = nccl.ranks_of({rank: nccl.members(ranges.get(pid, [])) for pid, rank in rank_of.items()}, sizes)
    parents = stacks.parents(raw)
    found = [
        replace(
            _read(raw, pid, facts[pid], ranges.get(pid, []), groups, rank_of.get(pid)),
            started_by=parents.get(pid, 0),
            is_first=pid == first,
        )
        for pid in pids
    ]
    return sorted(found, key=_in_order)


def _in_order(left: ProcessLeft) -> tuple[bool, bool, int, int]:
    return not left.is_first, left.rank is None, left.rank or 0, left.pid


def _ranks(facts: dict[int, Notes]) -> dict[int, int]:
    """The rank of each process that is one. A process that a rank starts has its environment too, but is not a rank.

    Of several, the rank is the last that joined a process group, since a launcher may start it again after a failure;
    where none joined one, it is the first that was recorded.
    """
    joined: dict[int, int] = {}
    others: dict[int, int] = {}
    for pid in sorted(facts, key=lambda pid: facts[pid].all(STARTS)):
        if (rank := facts[pid].last_number(RANK)) is not None:
            if facts[pid].last(BACKEND):
                joined[rank] = pid
            else:
                others.setdefault(rank, pid)
    return {pid: rank for rank, pid in (others | joined).items()}


def _read(
    raw: Path, pid: int, facts: Notes, ranges: list[ProcessRanges], groups: Groups, rank: int | None
) -> ProcessLeft:
    threads = thread_ids.known_threads(facts, ranges)
    of_kernels = partial(collectives.arguments, launches=nccl.launches(ranges), groups=groups)
    parts, threads, damage = sessions.read(raw, pid, facts, threads, of_kernels)
    nvtx_events = sum(program.lost for program in ranges)
    noted = [*facts.all(FAILED), *damage, *lost.in_sentences(facts, nvtx_events, Path(f"/proc/{pid}").exists())]
    collected, own, sampled = garbage.read(raw, pid), lost.left_out(facts), stack_rows.read(raw, pid)
    return ProcessLeft(pid, facts, parts, noted, ranges, threads, collected, rank, own, sampled)


def with_execution_traces(folder: RunFolder, processes: list[ProcessLeft]) -> list[ProcessLeft]:
    """The processes, now that the execution trace of each that has operators in one is written beside its trace.

    The script's own, and that of a rank, is written without a trace as well: a kill may have left nothing else.
    """
    own = with_traces(processes)
    names = dict(zip([process.pid for process in own], _names(own), strict=True))
    return [
        _with_execution_trace(folder, process, names.get(process.pid) or _names([*own, process])[-1])
        if process.pid in names or process.is_first or process.rank is not None
        else process
        for process in processes
    ]


def _with_execution_trace(folder: RunFolder, process: ProcessLeft, name: str) -> ProcessLeft:
    found = execution_trace.write(folder.raw, process.pid, folder.path / f"execution-{name}")
    return replace(process, execution_trace=found, lost=[*process.lost, *(found.lost if found else [])])


def write_traces(folder: RunFolder, processes: list[ProcessLeft]) -> list[Path]:
    """Write a trace for each process with something in it; their paths, in the same order."""
    found = traces(folder, processes)
    for trace in found:
        trace.write()
    return [trace.path for trace in found]


def traces(folder: RunFolder, processes: list[ProcessLeft]) -> list[ProcessTrace]:
    """The trace of each process that is to have one, in the same order."""
    with_content = with_traces(processes)
    guests, of_run = _guests(processes), heads.of_run(_run()) + heads.of_host(os.uname().nodename)
    return [
        _trace(folder, name, process, guests.get(process.pid, []), of_run + _called(process, with_content))
        for process, name in zip(with_content, _names(with_content), strict=True)
    ]


def _called(process: ProcessLeft, among: list[ProcessLeft]) -> bytes:
    return heads.of_process(process.label if len(among) > 1 else "")


def _trace(folder: RunFolder, name: str, process: ProcessLeft, guests: list[ProcessLeft], keys: bytes) -> ProcessTrace:
    base_ns, everyone = process.base_ns, [process, *guests]
    rows: Iterable[Row] = chain(
        thread_ids.name_rows(process.pid, process.threads),
        garbage.chrome_rows(process.pid, process.garbage, base_ns),
        _clocks(folder.raw, process, base_ns),
        (process_row(guest.pid, f"started by {guest.parent}") for guest in guests),
        *(stack_rows.rows_of(each.sampled, each.pid, process.sessions, base_ns, each.lost) for each in everyone),
    )
    programs = [program for each in everyone for program in each.ranges]
    head = _head(process) + keys
    return ProcessTrace(folder.path / name, process.pid, base_ns, head, process.parts, programs, rows)


def _head(process: ProcessLeft) -> bytes:
    """What stands in front of the events of its trace."""
    base_ns = process.base_ns
    times = [(start_ns - base_ns, end_ns - base_ns) for start_ns, end_ns in process.windows]
    windows = [StatedWindow(process.pid, start_ns, end_ns) for start_ns, end_ns in times]
    head = heads.head([part.text for part in process.parts], base_ns, process.notes.devices)
    known = process.dependencies
    stated = [StatedDependencies(process.pid, **known.known)] if known else []
    return head + heads.distributed(process.distributed_info) + heads.stated(windows, stated)


def _run() -> str:
    """What the traces of a run have alike, and those of all ranks that one launcher started; no others have it.

    Process ids alone come again, and so does what Kineto counts its times from: it is the same for months.
    """
    return job.name() if job.rank() is not None else f"{os.getpid()}-{time.time_ns()}"


def _clocks(raw: Path, process: ProcessLeft, base_ns: int) -> Iterator[dict[str, Any]]:
    return gpu_clock_rows.chrome_rows(raw, process.pid, process.notes.devices, process.sessions, base_ns)


def _guests(processes: list[ProcessLeft]) -> dict[int, list[ProcessLeft]]:
    """The processes whose ranges and stacks go into the trace of another, by that: workers of a data loader, mostly.

    That is the nearest which started them, or started the one that did, and has a trace; else the first.
    """
    by_pid = {process.pid: process for process in processes}
    hosts = [process.pid for process in processes if process.has_content]
    guests: dict[int, list[ProcessLeft]] = {}
    for process in processes:
        if process.has_content or (process.was_followed and not process.is_first) or not hosts:
            continue
        if not (any(process.ranges) or process.sampled):
            continue
        ancestor, generations = process.parent, len(by_pid)
        while ancestor in by_pid and ancestor not in hosts and generations:  # ids are used again: no end is sure
            ancestor, generations = by_pid[ancestor].parent, generations - 1
        guests.setdefault(ancestor if ancestor in hosts else hosts[0], []).append(process)
    return guests


def with_traces(processes: list[ProcessLeft]) -> list[ProcessLeft]:
    """Those that have a trace, in order: of more than `MOST_TRACES` the script's own, ranks, and the largest."""
    found = [process for process in processes if process.has_content]
    important = sorted(found, key=lambda process: (not process.is_first, process.rank is None, -process.size))
    return sorted(important[:MOST_TRACES], key=_in_order)


def too_many(processes: list[ProcessLeft]) -> list[str]:
    """How many have none because so many others have one, in a sentence."""
    count = sum(process.has_content for process in processes) - MOST_TRACES
    return [f"the traces of {count} more processes: {MOST_TRACES} are kept, of those that left most"] * (count > 0)


def _names(processes: list[ProcessLeft]) -> list[str]:
    if len(processes) == 1:
        return ["trace.json.gz"]
    return [_name(process) for process in processes]


def _name(process: ProcessLeft) -> str:
    if process.rank is not None:
        return f"trace-rank-{process.rank}.json.gz"
    return "trace.json.gz" if process.is_first else f"trace-process-{process.pid}.json.gz"
