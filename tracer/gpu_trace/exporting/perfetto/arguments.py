"""Columns of a table as arguments of its slices: `COLUMNS` says which, and what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_trace_analyzers.model import MISSING, Role
from gpu_trace_analyzers.vocabulary.perfetto import COLUMNS, MEMORY_COLUMNS, Argument

from .columns import Picked
from .names import annotation
from .slices import Annotation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gpu_trace_analyzers.model import DeviceWork, HostCalls, HostOperators, Int64, Ranges, Syncs, Trace

    from .columns import Column
    from .names import Names

    Events = DeviceWork | Syncs | HostCalls | HostOperators | Ranges


class Arguments:
    """Makes them for the tables of a trace; ``pids`` are the ids of the processes in the viewer."""

    def __init__(self, trace: Trace, names: Names, pids: list[int]) -> None:
        self._names = names
        # Position -1, which stands for none, looks at the end.
        self._indices = np.array([*(device.index for device in trace.devices), MISSING], dtype=np.int64)
        self._pids = np.array([*pids, MISSING], dtype=np.int64)

    def of(self, table: Events, rows: Int64 | None = None) -> Iterator[Annotation]:
        """The columns that any of these rows of a table (default: all) has something in."""
        for column, argument in COLUMNS[type(table)].items():
            values = _of_rows(getattr(table, column), rows)
            if (values[:] == MISSING).all():
                continue
            is_text = column in table.columns_of(Role.TEXT)
            if column in table.columns_of(Role.DEVICE):
                values = Picked(self._indices, values[:])
            elif column in MEMORY_COLUMNS:
                values, is_text = Picked(self._names.memories(), values[:]), True
            yield Annotation(annotation(argument), values, is_text)

    def process(self, table: DeviceWork | Syncs, rows: Int64 | None = None) -> Iterator[Annotation]:
        """The process of each of these rows, where there are several."""
        if len(self._pids) > 2:
            yield Annotation(annotation(Argument.PROCESS), Picked(self._pids, _of_rows(table.process, rows)[:]))


def _of_rows(column: NDArray[Any], rows: Int64 | None) -> Column:
    return column if rows is None else Picked(column, rows)
