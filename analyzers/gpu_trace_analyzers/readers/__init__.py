"""From a file to a `Trace`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..engines import default_rules
from .formats import reader_for
from .leaves import with_cpu_devices
from .tracefile import TraceFile
from .unsupported import is_unsupported, refuse

if TYPE_CHECKING:
    from os import PathLike

    from ..engines import EngineRules
    from ..model import Trace


def load(path: str | PathLike[str], *, rules: EngineRules | None = None, operators: bool = False) -> Trace:
    """Read a trace file, a run folder, or a folder with one trace for each rank.

    ``rules`` say which engine an operation occupies (default: those that come with gpu-trace). ``operators`` also keeps
    the framework's operators on the host, which no figure of a GPU needs. A trace without work of any device gets the
    CPU of each process as one, working at the operators that call no other.

    Raises `TraceUnreadable` for what is no trace; its subclass `FormatUnsupported` for a known format not read here.
    """
    path, rules = Path(path), rules or default_rules()
    if path.is_dir():
        return _load_folder(path, rules, operators)
    return _load_file(TraceFile(path), rules, operators)


def _load_file(file: TraceFile, rules: EngineRules, operators: bool) -> Trace:
    reader = None if is_unsupported(file) else reader_for(file)
    if reader is None:
        raise refuse(file)
    trace = reader.read(file, rules, operators)
    if len(trace.work):
        return trace
    if not operators:  # left out in the first reading: a trace of a GPU, which most are, does without
        trace = reader.read(TraceFile(file.path), rules, True)
    return with_cpu_devices(trace, rules, operators)


def _load_folder(folder: Path, rules: EngineRules, operators: bool) -> Trace:
    from .folders import rank_in_name, traces_in, with_rank
    from .merging import merge

    files = traces_in(folder)
    if len(files) == 1:
        return _load_file(files[0], rules, operators)
    traces = [with_rank(_load_file(file, rules, operators), rank_in_name(file.path.name)) for file in files]
    return merge(str(folder), traces)


__all__ = ["load"]
