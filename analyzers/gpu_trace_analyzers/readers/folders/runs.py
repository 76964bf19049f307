"""Which traces of a folder are of one run? Those of one launcher, of the ranks of one job, or of one process."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import GpuTraceError, TraceUnreadable
from ..base.merging import merge
from ..base.source_names import in_text, named_in_text
from ..base.tracefile import TraceFile
from ..parquet import is_columns, is_part
from .files import (
    RUN_FACTS,
    is_run,
    not_written_to_the_end,
    place_in_run,
    rank_in_name,
    readable_in,
    traces_in,
    with_rank,
)
from .jobs import Facts, joined, joined_in_a_folder, states_job

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...model import Trace
    from ...places import Place

    ReadEach = Callable[[Sequence[TraceFile]], list[Trace | GpuTraceError]]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A trace file that had to be read to know where it belongs, or a run folder, which says so itself."""

    path: Place
    facts: Facts
    trace: Trace | None = None
    problem: GpuTraceError | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One run of those in a folder. ``paths``: the file or folder that it is all of, else its files and folders."""

    folder: Place
    parts: tuple[Part, ...]
    paths: tuple[Place, ...]
    read: ReadEach = field(repr=False)

    @property
    def name(self) -> str:
        """What to call it in the folder: where it lies; of several places the first, and how many there are."""
        first = in_text(self.paths[0].relative_to(self.folder))
        return first if len(self.paths) == 1 else f"{first} and {len(self.paths) - 1} more"

    @property
    def problem(self) -> GpuTraceError | None:
        """Why a part of it could not be read, as far as that is known."""
        return next((part.problem for part in self.parts if part.problem), None)

    @property
    def files(self) -> list[Place]:
        """Its trace files, in the order in which they become one trace."""
        folders = [traces_in(part.path) if part.path.is_dir() else [TraceFile(part.path)] for part in self.parts]
        return [file.path for files in folders for file in files]

    def load(self, path: Place | None = None) -> Trace:
        """Its trace, whose source is called ``path``. Raises `TraceUnreadable`."""
        if self.problem:
            raise self.problem
        traces = [trace for part in self.parts for trace in self._traces(part)]
        return _whole(path or _common(self.parts), traces)

    def _traces(self, part: Part) -> list[Trace]:
        if part.trace is not None:
            return [part.trace]
        files = traces_in(part.path)
        traces = [_readable(found) for found in self.read(files)]
        if len(files) == 1:
            return [_called(traces[0], part.path) if is_columns(part.path) else traces[0]]
        return [with_rank(trace, rank_in_name(file.path.name)) for file, trace in zip(files, traces, strict=True)]


def _readable(found: Trace | GpuTraceError) -> Trace:
    if isinstance(found, GpuTraceError):
        raise found
    return found


def _called(trace: Trace, path: Place) -> Trace:
    return replace(trace, source=replace(trace.source, path=str(path)))


def of_one_run(folder: Place, traces: Sequence[Trace]) -> Trace:
    """The trace of a run whose folder has these traces, each in a file of its own."""
    if len(traces) == 1:
        return named_in_text(traces[0])
    by_name = sorted(traces, key=lambda trace: trace.source.path)
    in_order = sorted(by_name, key=lambda trace: place_in_run(Path(trace.source.path).name))
    return _whole(folder, [with_rank(trace, rank_in_name(Path(trace.source.path).name)) for trace in in_order])


def _whole(path: Place, traces: Sequence[Trace]) -> Trace:
    return named_in_text(traces[0] if len(traces) == 1 else merge(str(path), traces))


def runs_in(folder: Place, read: ReadEach) -> list[Run]:
    """The runs in a folder, in order of their paths; ``read`` reads some files.

    A folder whose own traces are those of one run is that run. Otherwise the folders inside count as well.
    Raises `TraceUnreadable` for a folder that has none.
    """
    if is_run(folder):
        traces_in(folder)  # raises where there is none
        return [Run(folder, (Part(folder, Facts()),), (folder,), read)]
    own = joined_in_a_folder(_read_all(readable_in(folder), read), _facts)
    if len(own) == 1:
        return [Run(folder, tuple(own[0]), (folder,), read)]
    groups = own + [group for inside in _folders_in(folder) for group in _groups_of(inside, read)]
    if not groups:
        traces_in(folder)  # raises, unless what there is was exported from other traces
        groups = joined_in_a_folder(_read_all(traces_in(folder), read), _facts)
    together = joined(groups, _facts)
    found = [Run(folder, tuple(group), _paths(folder, group, together), read) for group in together]
    return sorted(found, key=lambda run: run.paths[0])


def _paths(folder: Place, group: Sequence[Part], all_groups: Sequence[Sequence[Part]]) -> tuple[Place, ...]:
    """The folder inside that has nothing but this group, where there is one; else its parts."""
    common = _common(group)
    others = [part for other in all_groups if other is not group for part in other]
    if common == folder or any(part.path.is_relative_to(common) for part in others):
        return tuple(part.path for part in group)
    return (common,)


def _common(parts: Sequence[Part]) -> Place:
    common = parts[0].path
    while not all(part.path.is_relative_to(common) for part in parts):
        common = common.parent
    return common


def _groups_of(folder: Place, read: ReadEach) -> list[list[Part]]:
    return (
        [[_of_a_run(folder, read)]]
        if is_run(folder)
        else joined_in_a_folder(_read_all(readable_in(folder), read), _facts)
    )


def _facts(part: Part) -> Facts:
    return part.facts


def _folders_in(folder: Place) -> list[Place]:
    """All folders inside, at any depth, except those in the folder of a run."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            if is_part(path):
                raise not_written_to_the_end(folder)
            found.append(path)
            found += [] if is_run(path) else _folders_in(path)
    return found


def _of_a_run(folder: Place, read: ReadEach) -> Part:
    """A run folder; not read yet where ``gpu-trace run`` has written into it whose it is."""
    try:
        files = traces_in(folder)
    except TraceUnreadable as error:
        return Part(folder, Facts(), problem=error)
    try:
        document = json.loads((folder / RUN_FACTS).read_bytes())
    except (OSError, ValueError):
        document = None
    if states_job(document) or len(files) > 1:
        return Part(folder, Facts.of_run(document))
    return replace(_read_all(files, read)[0], path=folder)


def _read_all(files: Sequence[TraceFile], read: ReadEach) -> list[Part]:
    return [_part(file.path, found) for file, found in zip(files, read(files), strict=True)]


def _part(path: Place, found: Trace | GpuTraceError) -> Part:
    if isinstance(found, GpuTraceError):
        return Part(path, Facts(), problem=found)
    trace = with_rank(found, rank_in_name(path.name))
    return Part(path, Facts.of_trace(trace), trace)
