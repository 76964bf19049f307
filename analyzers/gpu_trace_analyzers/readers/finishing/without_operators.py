"""The trace that a reader gives if operators are not asked for, made of one that has them all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...model import MISSING, Role
from ...vocabulary.operators import MULTIPLYING
from ..base.building import LEFT_OUT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...columns import Columns
    from ...model import HostOperators, Trace


def without_operators(trace: Trace) -> Trace:
    """The trace with the operators that multiply and have shapes; with all of them, where they may be the work."""
    operators = trace.operators
    if not len(trace.work) or not len(operators):
        return trace
    kept = _multiply(operators, trace.strings)
    left = replace(trace, operators=operators[kept])
    return _with_strings(_noted(left, int((~kept).sum())), ~_named_by(operators[~kept], trace) | _named_by_any(left))


def _multiply(operators: HostOperators, strings: tuple[str, ...]) -> NDArray[np.bool_]:
    multiply = np.array([text in MULTIPLYING for text in strings], dtype=np.bool_)
    return np.asarray(multiply[operators.name] & (operators.shapes != MISSING))


def _noted(trace: Trace, count: int) -> Trace:
    """With so many operators among the events that are not used."""
    source, reason = trace.source, LEFT_OUT.get(trace.source.format)
    if reason is None or not count:
        return trace
    dropped = dict(sorted({**source.dropped, reason: source.dropped.get(reason, 0) + count}.items()))
    return replace(trace, source=replace(source, dropped=dropped, expected=source.expected | {reason}))


def _named_by_any(trace: Trace) -> NDArray[np.bool_]:
    """Which strings any table has: (strings,) bool."""
    named = np.zeros(len(trace.strings), dtype=np.bool_)
    for table in (*trace.tables().values(), trace.stack_frames):
        named |= _named_by(table, trace)
    return named


def _named_by(table: Columns, trace: Trace) -> NDArray[np.bool_]:
    named = np.zeros(len(trace.strings) + 1, dtype=np.bool_)  # the last one is for `MISSING`
    for name in table.columns_of(Role.TEXT):
        named[getattr(table, name)] = True
    return named[:-1]


def _with_strings(trace: Trace, kept: NDArray[np.bool_]) -> Trace:
    """The trace with these strings alone, which are all that it names."""
    codes = np.concatenate((np.cumsum(kept) - 1, [MISSING]))
    tables = {name: _recoded(table, codes) for name, table in trace.tables().items()}
    strings = tuple(text for text, is_kept in zip(trace.strings, kept.tolist(), strict=True) if is_kept)
    return replace(trace, strings=strings, stack_frames=_recoded(trace.stack_frames, codes), **tables)


def _recoded(table: Columns, codes: NDArray[np.int64]) -> Any:
    columns = {name: codes[getattr(table, name)].astype(np.int32) for name in table.columns_of(Role.TEXT)}
    return replace(table, **columns)
