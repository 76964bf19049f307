"""Which files of a folder are the trace: that of a run, or one for each rank of a job."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from ...errors import TraceUnreadable
from ...model import MISSING
from ...ranked import with_rank as with_rank
from ..base.tracefile import TraceFile
from ..formats import reader_for
from ..parquet import is_columns, is_part, parts
from ..unsupported import is_unsupported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...places import Place

RUN_TRACES = ("trace.json.gz", "trace.json")
"""The trace of a run folder: the first of these that is there."""

_OTHERS = "trace-process-"
_OF_OTHER_PROCESSES = re.compile(rf"({_OTHERS}|trace-rank-)\d+\.json\.gz")
"""In a run folder, beside the script's own trace: those of processes that it started."""

RUN_FACTS = "run.json"
"""The file by which a run folder is known."""

_ENDINGS = (".json", ".gz", ".sqlite")
_EXPORTED = (".pftrace", ".pftrace.gz", ".perfetto-trace")
"""Of traces made from others, which therefore count only where there are no others."""

_MANY, _TRIED = 8, 3
"""files that may be of the ranks of one machine; of more, so many are looked into"""

RANK_IN_NAME = re.compile(r"(?:^|[^a-z])(?:rank|r)[-_.= ]?(\d{1,6})(?!\d)", re.IGNORECASE)


def is_run(folder: Place) -> bool:
    """Whether a folder says itself that its traces are of one run."""
    own = any((folder / name).is_file() for name in (RUN_FACTS, *RUN_TRACES))
    return own or is_columns(folder) or is_part(folder)


def traces_in(folder: Place, *, all_alike: bool = False) -> list[TraceFile]:
    """The trace files of a folder, in order of rank. Raises `TraceUnreadable` for a folder that has none.

    Those of folders inside count where the folder itself has none: that is how JAX and some launchers lay them out.
    ``all_alike``: of many files whose names differ in the rank alone, a few are looked into, and all count, also those
    that are damaged.
    """
    if is_part(folder):
        return [TraceFile(folder)]
    if is_columns(folder):
        return [TraceFile(part) for part in parts(folder)]
    for name in RUN_TRACES:
        if (folder / name).is_file():
            return sorted([TraceFile(folder / name), *_of_other_processes(folder)], key=_place)
    for listed in (folder.iterdir, partial(_below, folder)):
        paths = sorted(listed())
        exported = [path for path in paths if _is_exported(path)]
        recorded = [path for path in paths if path.name.endswith(_ENDINGS) and path not in exported]
        if found := _readable(recorded, all_alike) or _readable(exported):
            return sorted(found, key=_place)
    raise _without_trace(folder)


def _without_trace(folder: Place) -> TraceUnreadable:
    if (folder / RUN_FACTS).is_file():
        return TraceUnreadable(folder, "is a run folder without a trace", f"{RUN_FACTS} in it says how the run ended")
    if any(is_part(path) for path in folder.iterdir()):
        return not_written_to_the_end(folder)
    return TraceUnreadable(
        folder, "is a folder without a trace", "give a run folder, or one with a trace for each rank"
    )


def not_written_to_the_end(folder: Place) -> TraceUnreadable:
    """The error for a folder with parts of columns, and no index of them."""
    return TraceUnreadable(folder, "has columns that were not written to the end", "write them again")


def _below(folder: Place) -> Iterator[Place]:
    """All that is in a folder and in those inside, at any depth."""
    for path in folder.iterdir():
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _below(path)


def _of_other_processes(folder: Place) -> list[TraceFile]:
    if not (folder / RUN_FACTS).is_file():
        return []
    return [TraceFile(path) for path in sorted(folder.iterdir()) if _OF_OTHER_PROCESSES.fullmatch(path.name)]


def readable_in(folder: Place) -> list[TraceFile]:
    """The traces in the folder itself that were recorded, and not exported from others, in order of rank."""
    paths = [path for path in sorted(folder.iterdir()) if path.name.endswith(_ENDINGS) and not _is_exported(path)]
    return sorted(_readable(paths), key=_place)


def _place(file: TraceFile) -> tuple[bool, bool, int]:
    return place_in_run(file.path.name)


def place_in_run(name: str) -> tuple[bool, bool, int]:
    """The place of a trace in its run: that of the script itself is first, then ranks, then other processes."""
    return name not in RUN_TRACES, name.startswith(_OTHERS), rank_in_name(name)


def _is_exported(path: Place) -> bool:
    return path.name.endswith(_EXPORTED)


def counts_in(folder: Place, name: str) -> bool:
    """Whether one more trace of that name would be among `traces_in`. Raises `TraceUnreadable` as that does."""
    files = [file.path.name for file in traces_in(folder)]
    if is_columns(folder):
        return False
    if files[0] in RUN_TRACES:
        return name in RUN_TRACES[: RUN_TRACES.index(files[0])]
    return not name.endswith(_EXPORTED) or files[0].endswith(_EXPORTED)


def _readable(paths: list[Place], all_alike: bool = False) -> list[TraceFile]:
    """Those that are traces, and those whose names differ from one in the rank alone: reading says what is wrong there.

    ``all_alike``: of many names that differ in the rank alone, only the first are looked into.
    """
    alike: dict[tuple[str, str], list[TraceFile]] = {}
    for path in (path for path in paths if path.is_file()):
        alike.setdefault((str(path.parent), name_without_rank(path.name)), []).append(TraceFile(path))
    found: list[TraceFile] = []
    for files in alike.values():
        few = files[:_TRIED] if all_alike and len(files) > _MANY else files
        found += files if any(_is_trace(TraceFile(file.path)) for file in few) else []
    return found + _folders_among(found, paths)


def _folders_among(found: list[TraceFile], paths: list[Place]) -> list[TraceFile]:
    """Folders that are called as the file of a further rank is: as with such files, reading says what is wrong."""
    ranks = {(_called(file.path), rank_in_name(file.path.name)) for file in found}
    names = {called for called, _ in ranks}
    further = [path for path in paths if _called(path) in names and rank_in_name(path.name) != MISSING]
    further = [path for path in further if (_called(path), rank_in_name(path.name)) not in ranks]
    return [TraceFile(path) for path in further if path.is_dir()]


def _called(path: Place) -> tuple[str, str]:
    return str(path.parent), name_without_rank(path.name).removesuffix(".gz")


def _is_trace(file: TraceFile) -> bool:
    return not is_unsupported(file) and reader_for(file) is not None


def name_without_rank(name: str) -> str:
    """What the names of the files of all ranks have alike; the name itself where it has no rank."""
    return RANK_IN_NAME.sub("", name)


def rank_in_name(name: str) -> int:
    """The rank that a file's name speaks of, ``trace_rank3.json``; `MISSING` where it has none."""
    found = RANK_IN_NAME.search(name)
    return int(found[1]) if found else MISSING
