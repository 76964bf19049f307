"""The Python interface behind ``import gpu_trace``: loads, asks, and answers with data frames; it never prints.

Kept out of ``gpu_trace/__init__.py``, for the process of a recorded script imports that and must not pay for pandas.

The arguments are the options of the commands. ``copies`` are the engines that count as copying (default: by kind of
device). ``from_ns`` and ``to_ns`` choose a window, in ns after the first operation of any device (default: all);
`UsageError` where it holds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.asked import Asked
from gpu_trace_analyzers.comparison import compare
from gpu_trace_analyzers.engines import default_rules
from gpu_trace_analyzers.model import Engine, Trace
from gpu_trace_analyzers.notebook.markup import text
from gpu_trace_analyzers.reports.tidy import COLUMNS, to_tables
from gpu_trace_analyzers.summary import Summary
from gpu_trace_analyzers.whatif.beside import what_if_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from os import PathLike

    from gpu_trace_analyzers.comparison import Compared
    from gpu_trace_analyzers.loss_changes import AccountChange
    from gpu_trace_analyzers.operation_changes import OperationChanges
    from gpu_trace_analyzers.questions.steady.window import Steady
    from gpu_trace_analyzers.spread import Change
    from gpu_trace_analyzers.whatif.answer import WhatIf as Answer


_ROWS_SHOWN, _COLUMNS_SHOWN = 10, 12
"""of each frame, in a notebook"""


class _Frames:
    """A result that shows itself by its data frames."""

    __slots__ = ()

    def _frames(self) -> dict[str, pd.DataFrame]:
        found = {name: getattr(self, name) for name in self.__dataclass_fields__}  # type: ignore[attr-defined]  # of each result
        return {name: frame for name, frame in found.items() if isinstance(frame, pd.DataFrame)}

    def __repr__(self) -> str:
        rows = ", ".join(f"{name} {len(frame):,}" for name, frame in self._frames().items())
        return f"{type(self).__name__} of {rows} rows"

    def _repr_html_(self) -> str:
        tables = (
            f"<b>{name}</b>{frame.to_html(max_rows=_ROWS_SHOWN, max_cols=_COLUMNS_SHOWN)}"
            for name, frame in self._frames().items()
            if len(frame)
        )
        return f"<div>{text(repr(self))}</div>{''.join(tables)}"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Overlap(_Frames):
    """The figures of ``docs/figures.md``; times in ns, ratios None where they do not exist."""

    devices: pd.DataFrame
    """a row per device"""
    engines: pd.DataFrame
    """a row per device and engine"""
    pairs: pd.DataFrame
    """a row per pair of devices"""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Ranges(_Frames):
    """What each named range launched."""

    ranges: pd.DataFrame
    """a row per range and device"""
    steps: pd.DataFrame
    """a row per step and device"""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Causes(_Frames):
    """Why copies were exposed and devices idle; the rows of a device add up to its exposed and idle time exactly."""

    exposed: pd.DataFrame
    idle: pd.DataFrame


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Account(_Frames):
    """Where the time went; ``compute_ns`` and the losses of a device add up to its ``window_ns`` exactly."""

    devices: pd.DataFrame
    """a row per device"""
    losses: pd.DataFrame
    """a row per device, owner and cause, in the order of what ending them would save"""
    steady: Steady
    """the window that both speak of, and how it was found"""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Work(_Frames):
    """What the work was, in the window of the account; times in ns."""

    operations: pd.DataFrame
    """a row per device, engine and name, the most time first"""
    operators: pd.DataFrame
    """a row per process and operator, the most own time first; empty if the trace was read without operators"""
    ranges: pd.DataFrame
    """a row per process and range: its time on the host"""
    steps: pd.DataFrame
    """a row per process and step of the recording: its lengths and its largest loss"""
    launches: pd.DataFrame
    """a row per device with launches"""
    transfers: pd.DataFrame
    """a row per device, direction and size class of copies"""
    steady: Steady
    """the window that they speak of, and how it was found"""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Diff(_Frames):
    """A row per figure, with its value before and after; NaN where one side has none.

    Of several runs a side these are medians, with the least and the most of each side, and whether both sides overlap.
    """

    devices: pd.DataFrame
    ranges: pd.DataFrame
    exposed: pd.DataFrame
    idle: pd.DataFrame
    account: pd.DataFrame
    """a row per device, owner, cause and figure: its share of the window, its time, and its time per step"""
    operations: pd.DataFrame
    """a row per device, operation, range and figure: how many, their time, and their time per step"""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class WhatIf(_Frames):
    """How long a run takes if only its true dependencies hold it back, and what to change; times in ns."""

    answer: Answer
    """``status``, ``reason`` if it is ``abstained``, and all figures: ``expected``, ``bound``, ``replay_ns``, ..."""
    remedies: pd.DataFrame
    """a row per change, that which saves most first"""
    moves: pd.DataFrame
    """a row per remedy and kind of operation that leaves its stream"""
    schedule: pd.DataFrame
    """a row per operation, as recorded and as predicted, in the order of the launches; empty without a prediction"""


def load(path: str | PathLike[str], *, rules: str | PathLike[str] | None = None, operators: bool = False) -> Trace:
    """Read a trace or a run folder. ``rules``: a TOML file of engine rules, tried before the built-in ones.

    ``operators``: keep the operators of the framework, which `work` adds up; it takes longer.

    Raises `TraceUnreadable` for a file that is not a trace, `UsageError` for a file without rules, and `SeveralRuns`
    for a folder of several runs; the message has the next step.
    """
    asked = Asked() if rules is None else Asked(default_rules().preceded_by(Path(rules)))
    return asked.load(path, operators=operators)


def overlap(
    trace: Trace, copies: Collection[Engine] | None = None, *, from_ns: int | None = None, to_ns: int | None = None
) -> Overlap:
    """Was the copying hidden?"""
    analysis = Analysis(trace, copies, from_ns=from_ns, to_ns=to_ns)
    summary = Summary(analysis.trace.source, analysis.figures, analysis.pairs, ())
    return Overlap(*(_frame(summary, name) for name in ("devices", "engines", "pairs")))


def ranges(
    trace: Trace,
    step_range: str | None = None,
    *,
    copies: Collection[Engine] | None = None,
    from_ns: int | None = None,
    to_ns: int | None = None,
) -> Ranges:
    """What did each range do? ``step_range``: the range that is a step (default: ``ProfilerStep#n``).

    Raises `UsageError` where no range has that name.
    """
    analysis = Analysis(trace, copies, from_ns=from_ns, to_ns=to_ns, step_range=step_range)
    summary = Summary(analysis.trace.source, analysis.figures, (), analysis.ranges, steps=analysis.steps)
    return Ranges(_frame(summary, "ranges"), _frame(summary, "steps"))


def causes(
    trace: Trace, copies: Collection[Engine] | None = None, *, from_ns: int | None = None, to_ns: int | None = None
) -> Causes:
    """Why was each copy exposed, and why was a device idle?"""
    analysis = Analysis(trace, copies, from_ns=from_ns, to_ns=to_ns)
    summary = Summary(analysis.trace.source, analysis.figures, (), (), analysis.exposed_copies, analysis.idle)
    return Causes(_frame(summary, "exposed"), _frame(summary, "idle"))


def account(
    trace: Trace,
    copies: Collection[Engine] | None = None,
    *,
    from_ns: int | None = None,
    to_ns: int | None = None,
    whole: bool = False,
    steps: tuple[int, int] | None = None,
    step_range: str | None = None,
) -> Account:
    """Where did the time go? In the steady steps, unless a window is chosen, ``whole`` or ``steps`` ``[A, B)``.

    ``step_range``: the range that is a step (default: the one that is found). Raises `UsageError` where no range has
    that name, for steps that do not exist, and where ``steps`` and a window or ``whole`` are given.
    """
    analysis = Analysis(trace, copies, from_ns=from_ns, to_ns=to_ns, whole=whole, steps=steps, step_range=step_range)
    summary = Summary(analysis.trace.source, analysis.figures, (), (), account=analysis.account)
    return Account(_frame(summary, "accounts"), _frame(summary, "losses"), analysis.account.steady)


def work(
    trace: Trace,
    copies: Collection[Engine] | None = None,
    *,
    from_ns: int | None = None,
    to_ns: int | None = None,
    whole: bool = False,
    steps: tuple[int, int] | None = None,
    step_range: str | None = None,
    top: int | None = None,
) -> Work:
    """What was the work? In the window of `account`, whose arguments and errors it has.

    ``top``: the operations of each device, and the operators and ranges of each process, with the most time (default:
    all of them).
    """
    analysis = Analysis(trace, copies, from_ns=from_ns, to_ns=to_ns, whole=whole, steps=steps, step_range=step_range)
    found = analysis.work if top is None else analysis.work.of_top(top)
    summary = Summary(analysis.trace.source, analysis.figures, (), (), work=found)
    return Work(
        operations=_frame(summary, "operations"),
        operators=_frame(summary, "operators"),
        ranges=_frame(summary, "range_times"),
        steps=_frame(summary, "step_lengths"),
        launches=_frame(summary, "launches"),
        transfers=_frame(summary, "transfers"),
        steady=analysis.account.steady,
    )


def what_if(
    trace: Trace,
    execution_trace: str | PathLike[str] | None = None,
    *,
    range_name: str | None = None,
    unrecorded_ns: int | None = None,
) -> WhatIf:
    """How long would it take if only its true dependencies held it back? Of a trace loaded with ``operators=True``.

    ``execution_trace``: the file of PyTorch's observer (default: the one beside the trace). ``range_name``: the range
    to predict (default: the steady steps). ``unrecorded_ns``: its time by a clock, without recording.

    Raises `UsageError` where no range has that name, `TraceInconclusive` where it launched no GPU work, and
    `TraceUnreadable` for a file that is not an execution trace.
    """
    path = trace.source.path
    found = what_if_of(trace, path, execution_trace=execution_trace, range_name=range_name, unrecorded_ns=unrecorded_ns)
    return WhatIf(found, _remedies(found), _moves(found), _schedule(found, trace))


def diff(
    before: Trace | Sequence[Trace],
    after: Trace | Sequence[Trace],
    *,
    copies: Collection[Engine] | None = None,
    from_ns: int | None = None,
    to_ns: int | None = None,
    whole: bool = False,
    steps: tuple[int, int] | None = None,
    step_range: str | None = None,
) -> Diff:
    """What changed? Devices are matched by index and rank, ranges by name; a window is chosen on each trace's clock.

    A side is one run, or several of the same devices: then each figure is the median of its runs. Raises `UsageError`
    for a side without runs, or with runs of different devices. ``whole``, ``steps``, ``step_range`` choose the window
    of the accounts, as for `account`.
    """
    asked = Asked(copies=copies, from_ns=from_ns, to_ns=to_ns, whole=whole, steps=steps, step_range=step_range)
    sides = ([before] if isinstance(before, Trace) else before, [after] if isinstance(after, Trace) else after)
    found = compare(*([asked.analyze(run).to_compare for run in side] for side in sides))
    devices, ranges, exposed, idle = map(_changes, (found.devices, found.ranges, found.exposed, found.idle))
    return Diff(devices, ranges, exposed, idle, _account(found.accounts), _operations(found.operations))


def _frame(summary: Summary, name: str) -> pd.DataFrame:
    return pd.DataFrame(to_tables(summary)[name], columns=list(COLUMNS[name]))


_REMEDY = ["id", "cause", "text", "predicted_ns", "gain_ns", "error_ns", "extra_bytes"]
_MOVE = ["remedy", "engine", "name", "from_stream", "count", "waits_for", "awaited_by"]
_TIMES = ["recorded_start_ns", "recorded_end_ns", "start_ns", "end_ns"]


def _remedies(found: Answer) -> pd.DataFrame:
    cells = [{name: getattr(row, name) for name in _REMEDY} for row in found.remedies]
    return pd.DataFrame(cells, columns=_REMEDY)


def _moves(found: Answer) -> pd.DataFrame:
    cells = [
        {name: getattr(move, name) for name in _MOVE[2:]} | {"remedy": row.id, "engine": move.engine.key}
        for row in found.remedies
        for move in row.moves
    ]
    return pd.DataFrame(cells, columns=_MOVE)


def _schedule(found: Answer, trace: Trace) -> pd.DataFrame:
    """Times from the window's begin; ``critical`` is whether the operation is on the critical path."""
    columns = ["device", "engine", "name", "stream", *_TIMES, "critical"]
    schedule = found.schedule
    if schedule is None:
        return pd.DataFrame(columns=columns)
    work = trace.work[schedule.rows]
    cells = {
        "device": work.device,
        "engine": [Engine(each).key for each in work.engine.tolist()],
        "name": [trace.text(code) for code in work.name.tolist()],
        "stream": work.stream,
        **{name: getattr(schedule, name) for name in _TIMES},
        "critical": np.isin(np.arange(len(work)), schedule.critical),
    }
    return pd.DataFrame(cells, columns=columns)


_CHANGE = ["figure", "before", "after", "before_min", "before_max", "after_min", "after_max", "within_spread"]


def _changes(rows: Sequence[Compared]) -> pd.DataFrame:
    cells = [{"device": row.device, "name": row.name} | _cells(c) for row in rows for c in row.changes]
    return pd.DataFrame(cells, columns=["device", "name", *_CHANGE])


def _account(accounts: Sequence[AccountChange]) -> pd.DataFrame:
    cells = [
        {"device": account.device, "owner": row.owner.value, "cause": row.cause, "title": row.title} | _cells(change)
        for account in accounts
        for row in (account.compute, *account.losses)
        for change in filter(None, (row.share, row.ns, row.step_ns))
    ]
    return pd.DataFrame(cells, columns=["device", "owner", "cause", "title", *_CHANGE])


def _operations(found: Sequence[OperationChanges]) -> pd.DataFrame:
    cells = [
        {"device": changes.device, "name": row.name, "engine": row.engine.key, "range": row.range} | _cells(change)
        for changes in found
        for row in changes.rows
        for change in filter(None, (row.count, row.ns, row.step_ns))
    ]
    return pd.DataFrame(cells, columns=["device", "name", "engine", "range", *_CHANGE])


def _cells(change: Change) -> dict[str, Any]:
    before, after = change.of_before, change.of_after
    ends = (before.least, before.most, after.least, after.most)
    return dict(zip(_CHANGE, (change.figure, change.before, change.after, *ends, change.within_spread), strict=True))
