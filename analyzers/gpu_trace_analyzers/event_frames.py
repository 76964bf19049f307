"""The events of a trace as pandas data frames: a row per event, in the order of their starts.

Times are int64 ns on the trace's own clock. Texts are text, None where the trace has none. Numbers that a trace may
lack are pandas' nullable integers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .columns import MISSING, Columns, Role
from .kinds import Engine, Memory, RangeKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from enum import IntEnum

    from .columns import Int64

_TIMES = ("start_ns", "end_ns", "duration_ns")
_OF_WORK = ("device", "engine", "name", *_TIMES, "stream", "context", "pid", "correlation")
_OF_GRAPH = ("graph", "graph_node")
_KERNEL = (*_OF_WORK, "grid", "block", "bytes", "group", "sequence", *_OF_GRAPH)
_COPY = (*_OF_WORK, "bytes", "source", "target", "peer", *_OF_GRAPH)
_MEMSET = (*_OF_WORK, "bytes", *_OF_GRAPH)
_CALL = ("name", *_TIMES, "pid", "thread", "correlation")
_RANGE = ("name", "kind", "domain", "category", *_TIMES, "pid", "thread", "color", "payload")
_OPERATOR = ("name", *_TIMES, "pid", "thread", "shapes", "types", "values", "record_function")

_WORDS: dict[str, type[IntEnum]] = {"engine": Engine, "source": Memory, "target": Memory, "kind": RangeKind}
"""columns whose numbers are one of a few things"""
_FIELDS = {"bytes": "size", "pid": "process"}
"""columns that a table has under another name"""


@dataclass(frozen=True, slots=True, eq=False)
class EventFrames:
    """The events of a trace: those of its devices (``kernels``, ``copies``, ``memsets``), and those of the host."""

    kernels: pd.DataFrame
    """also collectives, operations that no rule knows, and, on a CPU device, the own time of operators"""
    copies: pd.DataFrame
    memsets: pd.DataFrame
    calls: pd.DataFrame
    """of the CUDA (HIP, XPU) runtime and driver API"""
    ranges: pd.DataFrame
    """NVTX and ``record_function``"""
    operators: pd.DataFrame
    """of the framework; without those that multiply, empty unless the trace was loaded with ``operators=True``"""

    def __repr__(self) -> str:
        rows = ", ".join(f"{name} {len(getattr(self, name)):,}" for name in self.__dataclass_fields__)
        return f"EventFrames of {rows} rows"


class Framing:
    """Makes frames of tables of one trace, whose ``strings`` and ids of processes it knows."""

    def __init__(self, strings: Sequence[str], pids: Sequence[int]) -> None:
        # One entry more than there are codes: MISSING is the last.
        self._texts = np.array([*strings, None], dtype=object)
        self._pids = np.array([*pids, MISSING], dtype=np.int64)

    def kernels(self, rows: Columns) -> pd.DataFrame:
        """Of rows of ``Trace.work``."""
        return self._frame(rows, _KERNEL)

    def copies(self, rows: Columns) -> pd.DataFrame:
        """Of rows of ``Trace.work``."""
        return self._frame(rows, _COPY)

    def memsets(self, rows: Columns) -> pd.DataFrame:
        """Of rows of ``Trace.work``."""
        return self._frame(rows, _MEMSET)

    def calls(self, rows: Columns) -> pd.DataFrame:
        """Of rows of ``Trace.calls``."""
        return self._frame(rows, _CALL)

    def ranges(self, rows: Columns) -> pd.DataFrame:
        """Of rows of ``Trace.ranges``."""
        return self._frame(rows, _RANGE)

    def operators(self, rows: Columns) -> pd.DataFrame:
        """Of rows of ``Trace.operators``."""
        return self._frame(rows, _OPERATOR)

    def _frame(self, rows: Columns, columns: Sequence[str]) -> pd.DataFrame:
        return pd.DataFrame({name: self._cells(rows, name) for name in columns}, columns=list(columns))

    def _cells(self, rows: Columns, name: str) -> Any:
        if name == "duration_ns":
            return self._cells(rows, "end_ns") - self._cells(rows, "start_ns")
        field = _FIELDS.get(name, name)
        values = getattr(rows, field)
        if field in rows.columns_of(Role.TEXT):
            return self._texts[values]
        if field in rows.columns_of(Role.PROCESS):
            return _nullable(self._pids[values])
        if name in _WORDS:
            return _in_words(values, _WORDS[name])
        whole = values.astype(np.int64)
        return whole if name in ("start_ns", "end_ns", "device") else _nullable(whole)


def _in_words(values: Any, kind: type[IntEnum]) -> Any:
    words = np.array([*(each.name.lower() for each in kind), None], dtype=object)
    return words[values]


def _nullable(values: Int64) -> Any:
    return pd.arrays.IntegerArray(values, values == MISSING)
