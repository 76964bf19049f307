"""A part of a folder of columns: the trace of one file, as that file's own reader gave it.

Engines are in it, by the rules with which it was written.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ..columnar.index import INDEX, PART, Entry, read_index
from ..columnar.part import STRINGS, file_of, read_part
from ..engines import default_rules
from ..errors import TraceUnreadable, UsageError
from .finishing.without_operators import without_operators

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..engines import EngineRules
    from ..model import Trace
    from ..places import Place


def is_columns(folder: Place) -> bool:
    """Whether it is a folder of columns, all of whose parts were written."""
    return (folder / INDEX).is_file()


def parts(folder: Place) -> list[Place]:
    """The parts of a folder of columns, in the order of the run. Raises `TraceUnreadable`."""
    return [folder / entry.folder for entry in read_index(folder)]


def is_part(path: Place) -> bool:
    """Whether it is a part of such a folder, or should be there. Its name is looked at first: a store may be slow."""
    if not PART.fullmatch(path.name):
        return False
    return file_of(path, STRINGS).is_file() or (is_columns(path.parent) and not path.is_file())


def read(path: Place, rules: EngineRules, operators: bool) -> Trace:
    """What the reader of the file gave, with or without the operators.

    Raises `TraceUnreadable`, as that reader did, and `UsageError` for rules that are not those of gpu-trace.
    """
    if rules.rules != default_rules().rules:
        raise UsageError(f"{path}: engines are as its columns were written; give --rules where you write them")
    if not path.exists():
        raise _was_unreadable(path)
    trace = _read_as_listed(path)
    return trace if operators else without_operators(trace)


def _read_as_listed(part: Place) -> Trace:
    """The trace of a part, which must be the one that the index of its folder lists."""
    stated = _stated(part)
    try:
        return read_part(part, stated)
    except TraceUnreadable:
        _digests.cache_clear()  # the folder may have been written anew
        if _stated(part) == stated:
            raise
    return read_part(part, _stated(part))


def _stated(part: Place) -> str | None:
    """The digest that the index has; None for a part that was copied without one."""
    digests = _digests(part.parent)
    return digests.get(part.name, "") if digests else None


@lru_cache(maxsize=1)
def _digests(folder: Place) -> Mapping[str, str]:
    """Of each part that the index lists; none without an index. A process reads thousands of parts of one folder."""
    return {entry.folder: entry.digest for entry in read_index(folder)} if is_columns(folder) else {}


def _was_unreadable(part: Place) -> TraceUnreadable:
    entry = next((entry for entry in read_index(part.parent) if entry.folder == part.name), Entry(part.name, str(part)))
    if not entry.problem:
        return TraceUnreadable(part, "is missing, so the folder of columns is not complete", "write the columns again")
    problem, _, next_step = entry.problem.removeprefix(f"{entry.path}: ").rpartition("; ")
    return TraceUnreadable(entry.path, problem, next_step)
