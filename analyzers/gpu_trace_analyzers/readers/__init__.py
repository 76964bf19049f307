"""From a file to a `Trace`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..engines import default_rules
from ..errors import TraceUnreadable
from .formats import reader_for
from .tracefile import TraceFile

if TYPE_CHECKING:
    from os import PathLike

    from ..engines import EngineRules
    from ..model import Trace


def load(path: str | PathLike[str], *, rules: EngineRules | None = None, operators: bool = False) -> Trace:
    """Read a trace file, a run folder, or a folder with one trace a rank.

    ``rules`` say which engine an operation occupies (default: those that come with gpu-trace). ``operators`` also keeps
    the framework's operators on the host, which no figure of a GPU needs.

    Raises `TraceUnreadable` for what is no trace; its subclass `FormatUnsupported` for a known format not read here.
    """
    return _load_file(TraceFile(Path(path)), rules or default_rules(), operators)


def _load_file(file: TraceFile, rules: EngineRules, operators: bool) -> Trace:
    reader = reader_for(file)
    if reader is None:
        raise TraceUnreadable(file.path, "is no trace of a known format", "give a trace.json of torch.profiler")
    return reader.read(file, rules, operators)


__all__ = ["load"]
