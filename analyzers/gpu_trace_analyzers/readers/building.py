"""What every reader needs to turn events into a `Trace`: interned strings, devices in order, columns, a drop ledger."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..model import (
    MISSING,
    Device,
    DeviceWork,
    HostCalls,
    HostOperators,
    Overheads,
    Process,
    Quarantined,
    Ranges,
    Source,
    Syncs,
    Table,
    Trace,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LONGEST_EVENT_NS = 30 * 24 * 3600 * 10**9


class Strings:
    """Names to codes, in the order of their first use."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def code(self, text: str) -> int:
        """The code of a string, new or known."""
        return self._codes.setdefault(text, len(self._codes))

    def all(self) -> tuple[str, ...]:
        """The strings, by code."""
        return tuple(self._codes)


class Rows:
    """Columns of one table while they grow, row by row or block by block."""

    def __init__(self, table: type[Table]) -> None:
        self._table = table
        self._columns: dict[str, list[object]] = {name: [] for name in table.columns()}
        self._blocks: list[Table] = []

    def add(self, **row: object) -> None:
        """One row; columns left out are `MISSING`."""
        for name, values in self._columns.items():
            values.append(row.get(name, MISSING))

    def add_block(self, block: Table) -> None:
        """Many rows at once."""
        self._blocks.append(block)

    def table(self) -> Table:
        """Everything that was added, sorted by start; of equal starts, the longer first, as ranges nest."""
        rows = self._table.concat([*self._blocks, self._table.of(self._columns)])
        order = np.lexsort((-rows.end_ns, rows.start_ns))  # type: ignore[attr-defined]  # every table has them
        return rows[order]


class TraceBuilder:
    """Collects events and becomes a `Trace`."""

    def __init__(self, path: str, format_name: str) -> None:
        self.path = path
        self.format = format_name
        self.strings = Strings()
        self.events = 0
        self.dropped: Counter[str] = Counter()
        self.damage: list[str] = []
        self.quarantined: list[Quarantined] = []
        self.metadata: dict[str, str] = {}
        self.epoch_ns: int | None = None
        self.rank = MISSING
        self.world_size = MISSING
        self._rows: dict[type[Table], Rows] = {}
        self._devices: dict[tuple[str, int], int] = {}
        self._device_names: dict[tuple[str, int], str] = {}
        self._processes: dict[int, int] = {}
        self._process_names: dict[int, str] = {}
        self._thread_names: defaultdict[int, dict[int, str]] = defaultdict(dict)

    def rows(self, table: type[Table]) -> Rows:
        """The growing columns of one table."""
        if table not in self._rows:
            self._rows[table] = Rows(table)
        return self._rows[table]

    def device(self, kind: str, index: int) -> int:
        """Position of a device, which gets one at its first use. (`build` puts them in order of kind and index.)"""
        return self._devices.setdefault((kind, index), len(self._devices))

    def name_device(self, kind: str, index: int, name: str) -> None:
        """Say what a device is called, whether or not it did anything."""
        self._device_names[kind, index] = name

    def process(self, pid: int) -> int:
        """Position of a process, which gets one at its first use."""
        return self._processes.setdefault(pid, len(self._processes))

    def name_process(self, pid: int, name: str) -> None:
        """Say what a process is called."""
        self._process_names[pid] = name

    def name_thread(self, pid: int, tid: int, name: str) -> None:
        """Say what a thread is called."""
        self._thread_names[pid][tid] = name

    def believable(self, name: str, start_ns: int | None, duration_ns: int | None) -> bool:
        """Whether an event's times can be true; where not, it is quarantined (dropped, if it has none) and counted."""
        if start_ns is None or duration_ns is None:
            self.dropped["no readable ts or dur"] += 1
            return False
        reason = (
            "negative duration" if duration_ns < 0 else "longer than 30 days" if duration_ns > _LONGEST_EVENT_NS else ""
        )
        if reason:
            self.dropped[f"quarantined: {reason}"] += 1
            self.quarantined.append(Quarantined(name, reason, start_ns, duration_ns))
        return not reason

    def build(self) -> Trace:
        """The trace, with devices in order and every table sorted."""
        devices, renumber = self._ordered_devices()
        tables = {
            table: self.rows(table).table()
            for table in (DeviceWork, HostCalls, HostOperators, Ranges, Syncs, Overheads)
        }
        return Trace(
            source=self._source(),
            strings=self.strings.all(),
            devices=devices,
            processes=tuple(self._process(pid) for pid in self._processes),
            work=_renumbered(tables[DeviceWork], renumber, "device", "peer"),
            calls=tables[HostCalls],  # type: ignore[arg-type]  # the dict pairs each class with its own rows
            operators=tables[HostOperators],  # type: ignore[arg-type]
            ranges=tables[Ranges],  # type: ignore[arg-type]
            syncs=_renumbered(tables[Syncs], renumber, "device"),
            overheads=tables[Overheads],  # type: ignore[arg-type]
            epoch_ns=self.epoch_ns,
        )

    def _source(self) -> Source:
        dropped = dict(sorted(self.dropped.items()))
        return Source(
            self.path,
            self.format,
            self.events,
            dropped,
            tuple(self.damage),
            tuple(self.quarantined),
            dict(self.metadata),
        )

    def _process(self, pid: int) -> Process:
        return Process(
            pid, self._process_names.get(pid, ""), self.rank, self.world_size, dict(self._thread_names.get(pid, {}))
        )

    def _ordered_devices(self) -> tuple[tuple[Device, ...], NDArray[np.int64]]:
        keys = sorted(self._devices, key=lambda key: (key[0] != "gpu", key[1]))
        renumber = np.zeros(len(keys) + 1, dtype=np.int64)
        renumber[-1] = MISSING
        for new, key in enumerate(keys):
            renumber[self._devices[key]] = new
        return tuple(_device(key, self._device_names.get(key, ""), self.rank) for key in keys), renumber


def _device(key: tuple[str, int], name: str, rank: int) -> Device:
    kind, index = key
    return Device("gpu" if kind == "gpu" else "cpu", index, name, rank)


def _renumbered(table: Table, renumber: NDArray[np.int64], *columns: str) -> Any:
    fresh = {name: renumber[getattr(table, name)].astype(table.columns()[name]) for name in columns}
    return replace(table, **fresh)
