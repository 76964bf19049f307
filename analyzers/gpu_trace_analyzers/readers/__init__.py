"""From a file to a `Trace`."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from ..engines import default_rules
from ..errors import SeveralRuns, TraceUnreadable
from ..model import HostOperators
from ..places import place
from .base.source_names import named_in_text
from .base.tracefile import TraceFile
from .finishing.contradictions import without_contradictions
from .finishing.counter_ends import with_counter_ends
from .finishing.cpu_devices import is_work_of_cpus, names_no_gpu, with_cpu_devices
from .finishing.recording_windows import with_windows
from .finishing.without_operators import without_operators
from .formats import reader_for
from .parquet import is_part
from .parquet import read as read_part
from .unsupported import is_unsupported, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from os import PathLike

    from ..engines import EngineRules
    from ..model import Trace
    from ..places import Place
    from .folders.runs import Run
    from .formats import Reader

    Keep = Callable[[Place, Trace], None]


def load(
    path: str | PathLike[str] | Place,
    *,
    rules: EngineRules | None = None,
    operators: bool = False,
    keep: Keep | None = None,
) -> Trace:
    """Read a trace file, a run folder, or a folder with one trace for each rank; by its path, or by a URL of fsspec.

    ``rules`` say which engine an operation occupies (default: those that come with gpu-trace). ``operators`` also keeps
    those of the framework's operators on the host that no figure of a GPU needs. A trace without work of any device
    gets the CPU of each process as one, working at the innermost operator of each thread, unless it shows that another
    device worked. Work of a GPU whose times contradict the rest of its file is bounded or set aside: ``Trace.source``
    has it. ``keep`` gets each file's path and trace, as its reader gives it, with all operators.

    Raises `SeveralRuns` for a folder of several runs, `TraceUnreadable` for a file that is not a trace; its subclass
    `FormatUnsupported` for a known format not read here.
    """
    path, rules = place(path), rules or default_rules()
    with _reading(path):
        is_folder = path.is_dir()
        load_one = _load_folder if is_folder else _load_path
        trace = load_one(path, rules, operators, keep)
        return named_in_text(trace)


@contextmanager
def _reading(path: Place) -> Iterator[None]:
    """Raise `TraceUnreadable` for what the system refuses."""
    try:
        yield
    except OSError as error:
        problem = f"cannot be read ({error.strerror or error})"
        raise TraceUnreadable(
            error.filename or path, problem, "check the path, its permissions and the disk"
        ) from error


def _load_path(path: Place, rules: EngineRules, operators: bool, keep: Keep | None) -> Trace:
    return _load_file(TraceFile(path), rules, operators, keep)


def _load_file(file: TraceFile, rules: EngineRules, operators: bool, keep: Keep | None = None) -> Trace:
    if keep is None:
        return completed(_read(file, rules, operators), rules, operators)
    trace = _read(file, rules, operators=True)
    keep(file.path, trace)
    return completed(trace if operators else without_operators(trace), rules, operators)


def _read(file: TraceFile, rules: EngineRules, operators: bool) -> Trace:
    if is_part(file.path):
        return read_part(file.path, rules, operators)
    reader = None if is_unsupported(file) else reader_for(file)
    if reader is None:
        raise refuse(file)
    return _read_by(reader, file, rules, operators)


def completed(trace: Trace, rules: EngineRules, operators: bool) -> Trace:
    """What a reader read, as `load` gives it. ``operators`` as there; the trace has them all, or has work."""
    return with_counter_ends(with_windows(without_contradictions(_with_work(trace, rules, operators))))


def _read_by(reader: Reader, file: TraceFile, rules: EngineRules, operators: bool) -> Trace:
    """Operators are left out in the first reading, unless they are likely to be the work, or wanted."""
    with_operators = operators or names_no_gpu(file)
    trace = reader.read(file, rules, with_operators)
    has_work = len(trace.work) > 0
    return (
        trace
        if with_operators == (operators or not has_work)
        else reader.read(TraceFile(file.path), rules, not with_operators)
    )


def _with_work(trace: Trace, rules: EngineRules, operators: bool) -> Trace:
    if len(trace.work):
        return trace
    if is_work_of_cpus(trace):
        return with_cpu_devices(trace, rules, operators)
    return trace if operators else replace(trace, operators=HostOperators.empty())


def joined(folder: Place, traces: Sequence[Trace]) -> Trace:
    """The trace of a run with these files in its folder, as `load` gives it, where each is in memory already."""
    from .folders.runs import of_one_run

    return of_one_run(folder, traces)


def runs(
    folder: str | PathLike[str] | Place,
    *,
    rules: EngineRules | None = None,
    operators: bool = False,
    keep: Keep | None = None,
    workers: int = 1,
) -> list[Run]:
    """The runs that a folder holds, in order of their paths; the figures of two of them have nothing to do together.

    A run folder is one; so are traces of one launcher, of distinct ranks of one job, or of one process. ``workers``: so
    many processes read the files, if these are large. A program that asks for more than 1 is imported by each of them.
    Raises `TraceUnreadable` for a folder without a trace, `WorkerLost` if a process ends.
    """
    from .folders.each_file import read_each
    from .folders.runs import runs_in

    folder, read = place(folder), _FileReader(rules or default_rules(), operators, keep)
    with _reading(folder):
        return runs_in(folder, partial(read_each, read=read, workers=workers))


@dataclass(frozen=True, slots=True)
class _FileReader:
    """Reads one file; a process that reads gets it pickled."""

    rules: EngineRules
    operators: bool
    keep: Keep | None

    def __call__(self, file: TraceFile) -> Trace:
        with _reading(file.path):
            return _load_file(file, self.rules, self.operators, self.keep)


def _load_folder(folder: Place, rules: EngineRules, operators: bool, keep: Keep | None) -> Trace:
    found = runs(folder, rules=rules, operators=operators, keep=keep)
    if len(found) == 1:
        return found[0].load(folder)
    if unreadable := next((run.problem for run in found if run.problem), None):
        raise unreadable
    raise SeveralRuns(folder, [str(run.paths[0]) for run in found])


__all__ = ["completed", "joined", "load", "runs"]
