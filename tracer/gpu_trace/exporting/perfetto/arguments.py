"""Columns of a table as arguments of its slices: `COLUMNS` says which, and what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.model import MISSING, Role
from gpu_trace_analyzers.vocabulary.perfetto import COLUMNS, MEMORY_COLUMNS, Argument

from .names import annotation, codes_to_iids
from .slices import Annotation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpu_trace_analyzers.model import DeviceWork, HostCalls, HostOperators, Ranges, Syncs, Trace

    from .names import Names


class Arguments:
    """Makes them for the tables of a trace; ``pids`` are the ids of the processes in the viewer."""

    def __init__(self, trace: Trace, names: Names, pids: list[int]) -> None:
        self._names = names
        # Position -1, which stands for none, looks at the end.
        self._indices = np.array([*(device.index for device in trace.devices), MISSING], dtype=np.int64)
        self._pids = np.array([*pids, MISSING], dtype=np.int64)

    def of(self, rows: DeviceWork | Syncs | HostCalls | HostOperators | Ranges) -> Iterator[Annotation]:
        """The columns that any of the rows has something in."""
        for column, argument in COLUMNS[type(rows)].items():
            values = getattr(rows, column)
            if (values == MISSING).all():
                continue
            is_text = column in rows.columns_of(Role.TEXT)
            if is_text:
                values = codes_to_iids(values)
            elif column in rows.columns_of(Role.DEVICE):
                values = self._indices[values]
            elif column in MEMORY_COLUMNS:
                values, is_text = self._names.memories(values), True
            yield Annotation(annotation(argument), values, is_text)

    def process(self, rows: DeviceWork | Syncs) -> Iterator[Annotation]:
        """The process of each row, where there are several."""
        if len(self._pids) > 2:
            yield Annotation(annotation(Argument.PROCESS), self._pids[rows.process])
