"""What every reader needs to turn events into a `Trace`: interned strings, devices in order, columns, a drop ledger."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from itertools import repeat
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from ...model import (
    MISSING,
    Counters,
    Device,
    DeviceWork,
    Doubt,
    Engine,
    HostCalls,
    Process,
    RecordedDependencies,
    Role,
    Source,
    Table,
    Trace,
)
from .frames import FrameTable
from .growing import GrowingTable, put_in_order
from .identity import DeviceKey, DeviceKind, apart_by_process, fill_contexts, owners
from .launchers import assign_launchers
from .quarantine import Quarantine, quarantine, without_repetition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from ...model import Int32, Int64
    from .tracefile import TraceFile

NOT_ASKED = "framework operators"
"""The reason for which operators are left out where a caller does not want them."""
LEFT_OUT = {"kineto": NOT_ASKED, "perfetto": NOT_ASKED, "xla": "host events"}
"""The reason by format; MXNet's are the work itself, and none is left out."""
NOT_READ = "a device that is not read"
"""How the reason ends for which rows of such a device are dropped."""
WITHOUT_CATEGORY = "rows without a category"
"""How the reason begins for which rows are dropped that nothing but the name of their process tells apart."""
VALUES_OF_NO_DEVICE = "values of counters of no known device"
_MOST_DEVICES = 4096
_NEXT_NAME, _MOST_NAMES = " / ", 8
_BEYOND = 1 << 20
"""more than any number that describes a device"""
_MOST_BYTES = 1 << 60
"""more than any memory"""
_EPOCH_NS = 10**18
"""Later than any stamp relative to a base time: as nanoseconds since 1970, the year 2001."""


class Strings(dict[str, int]):
    """Names to codes, in the order of their first use: ``strings[name]`` is the code of a name, new or known."""

    def __missing__(self, text: str) -> int:
        code = self[text] = len(self)
        return code

    def codes(self, texts: Iterable[str]) -> Int32:
        """The codes of many strings: (n,) int32."""
        return np.fromiter(map(self.__getitem__, texts), dtype=np.int32)


class TraceBuilder:
    """Collects events and becomes a `Trace`."""

    def __init__(self, file: TraceFile, format_name: str) -> None:
        self.file = file
        self.format = format_name
        self.strings = Strings()
        self.frames = FrameTable()
        self.events = 0
        self.dropped: Counter[str] = Counter()
        self.expected: set[str] = set()
        self.metadata: dict[str, str] = {}
        self.epoch_ns: int | None = None
        self.resolution_ns = 1000
        self.rank = MISSING
        self.world_size = MISSING
        self.host = ""
        """the machine of all processes that `stated_hosts` lacks"""
        self.default_process = MISSING
        self._tables: dict[type[Table], GrowingTable[Any]] = {
            table: GrowingTable(table) for table in Trace.table_types().values()
        }
        self.counts_by_process = False
        """whether every process of the file counts its devices from 0, so that one number can mean several"""
        self.stated_devices: dict[tuple[DeviceKind, int], Device] = {}
        """what a file says of the device that its rows call by a number, where it says all of it"""
        self.stated_ranks: dict[int, tuple[int, int]] = {}
        """rank and world size by process id, where a file has those of several"""
        self.stated_hosts: dict[int, str] = {}
        """the machine by process id, where a file has those of several"""
        self.stated_doubts: list[tuple[DeviceKind, int, str, int]] = []
        """kind and number of one of `stated_devices`, reason and operations: what was wrong with it before"""
        self.dependencies: list[RecordedDependencies] = []
        """what the file says of execution traces beside it"""
        self._devices: dict[DeviceKey, int] = {}
        self._device_names: dict[tuple[DeviceKind, int], str] = {}
        self._device_uuids: dict[tuple[DeviceKind, int], str] = {}
        self._device_sizes: dict[tuple[DeviceKind, int], tuple[tuple[int, int] | None, int, int]] = {}
        self._processes: dict[int, int] = {}
        self._process_names: dict[int, str] = {}
        self._thread_names: defaultdict[int, dict[int, dict[str, None]]] = defaultdict(dict)
        self._quarantine = Quarantine()
        self._stamps = self._late_stamps = 0

    def add(self, table: type[Table], **columns: object) -> None:
        """Many rows at once, in any order; columns left out are `MISSING`."""
        self._tables[table].extend(table.of(columns))

    def column(self, table: type[Table], name: str) -> NDArray[Any]:
        """A column of the rows so far, in the order in which they were added; what is written there stays."""
        return self._tables[table].column(name)

    @property
    def has_one_process(self) -> bool:
        """Whether all rows so far are of one process."""
        return len(self._processes) <= 1

    def device(self, kind: DeviceKind, index: int, label: int | str | None = None) -> int:
        """Position of a device, which gets one at its first use; `MISSING` once there are too many to be true.

        ``label`` is the process id under which its row stands, where that may tell devices of one number apart.
        """
        key = DeviceKey(kind, index, label)
        if key not in self._devices and len(self._devices) >= _MOST_DEVICES:
            return MISSING
        return self._devices.setdefault(key, len(self._devices))

    def devices(self, kind: DeviceKind, indices: Int64, labels: Sequence[int | str | None] | None = None) -> Int64:
        """`device` of many, where `MISSING` stays `MISSING`."""
        pairs = list(zip(indices.tolist(), labels or repeat(None)))  # noqa: B905  # a label for each, or none at all
        known = {pair: self.device(kind, *pair) if pair[0] != MISSING else MISSING for pair in set(pairs)}
        return np.array([known[pair] for pair in pairs], dtype=np.int64)

    def name_device(self, kind: DeviceKind, index: int, name: str, uuid: str = "") -> None:
        """Say what a device is called, whether or not it did anything."""
        self._device_names[kind, index] = name
        self._device_uuids[kind, index] = uuid

    def size_device(
        self, index: int, major: object, minor: object, multiprocessors: object, memory: object = None
    ) -> None:
        """Say a GPU's compute capability, its number of SMs and its bytes; plain numbers alone are known."""
        capability = (major, minor) if _is_number(major) and _is_number(minor) else None
        self._device_sizes["gpu", index] = capability, _number(multiprocessors), _number(memory, _MOST_BYTES)

    def name_other_devices(self, kind: DeviceKind, name: str) -> None:
        """Say what those devices are called that did something and have no name of their own."""
        for device in self._devices:
            if device.kind == kind:
                self._device_names.setdefault((kind, device.number), name)

    def process(self, pid: int) -> int:
        """Position of a process, which gets one at its first use."""
        return self._processes.setdefault(pid, len(self._processes))

    def processes(self, pids: Int64) -> Int64:
        """`process` of many."""
        distinct, places = np.unique(pids, return_inverse=True)
        return np.array([self.process(pid) for pid in distinct.tolist()], dtype=np.int64)[places]

    def has_process(self, pid: int) -> bool:
        """Whether a row so far is of this process."""
        return pid in self._processes

    def name_process(self, pid: int, name: str) -> None:
        """Say what a process is called."""
        self._process_names[pid] = name

    def name_thread(self, pid: int, tid: int, name: str) -> None:
        """Say what a thread is called. A further name is added: the order of rows of metadata means nothing."""
        self._thread_names[pid].setdefault(tid, {})[name] = None

    def note_stamps(self, start_ns: Int64) -> None:
        """Take notice of stamps that may count from 1970, where the file does not say: most of all stamps decide."""
        self._stamps += len(start_ns)
        self._late_stamps += int((start_ns > _EPOCH_NS).sum())

    def named_processes(self) -> dict[int, Process]:
        """Every process that has a name, or threads with names, whether or not it did anything."""
        return {pid: self._process(pid) for pid in self._process_names.keys() | self._thread_names.keys()}

    def build(self) -> Trace:
        """The trace, with devices in order and every table sorted; unbelievable events are quarantined."""
        devices, renumber = self._ordered_devices()
        tables: dict[type[Table], Any] = {table: self._tables[table].rows() for table in list(self._tables)}
        processes = tuple(self._process(pid) for pid in self._processes)
        of_devices = tables[Counters].device != MISSING
        tables = {table: _renumbered(rows, renumber) for table, rows in tables.items()}
        assign_launchers(tables[DeviceWork], tables[HostCalls])
        if self.counts_by_process and not self.stated_devices:
            devices = self._apart(tables, devices, processes)
        self._give_default_process(tables)
        fill_contexts(tables[DeviceWork])
        self._leave_out(tables, DeviceWork, tables[DeviceWork].device == MISSING, "work of no known device")
        self._leave_out(tables, Counters, of_devices & (tables[Counters].device == MISSING), VALUES_OF_NO_DEVICE)
        for table, kept in quarantine(tables, tuple(self.strings), self.resolution_ns, self._quarantine):
            tables[table] = tables[table][kept]
        for rows in tables.values():
            put_in_order(rows)
        return Trace(
            source=self._source(tables[DeviceWork], devices),
            strings=tuple(self.strings),
            devices=devices,
            processes=processes,
            epoch_ns=0 if 2 * self._late_stamps > self._stamps else self.epoch_ns,
            stack_frames=self.frames.rows(),
            **{name: tables[table] for name, table in Trace.table_types().items()},
        )

    def _leave_out(
        self, tables: dict[type[Table], Any], table: type[Table], which: NDArray[np.bool_], reason: str
    ) -> None:
        self.dropped[reason] += int(which.sum())
        if which.any():
            tables[table] = tables[table][~which]

    def _apart(
        self, tables: dict[type[Table], Any], devices: tuple[Device, ...], processes: tuple[Process, ...]
    ) -> tuple[Device, ...]:
        """The devices told apart by process; the rows of the tables move with them."""
        work = tables[DeviceWork]
        apart = apart_by_process(work, tables[HostCalls], devices, processes, self.file.path)
        for table, rows in tables.items():
            tables[table] = _renumbered(rows, apart.moved)
        tables[DeviceWork] = replace(tables[DeviceWork], device=apart.place.astype(np.int16))
        return apart.devices

    def _give_default_process(self, tables: Mapping[type[Table], Any]) -> None:
        """Rows without a process are of the file's own; work only where one process alone could have launched it."""
        sole = len(np.unique(tables[HostCalls].process)) < 2
        for table, rows in tables.items():
            if sole or table is not DeviceWork:
                rows.process[rows.process == MISSING] = self.default_process

    def _source(self, work: DeviceWork, devices: tuple[Device, ...]) -> Source:
        dropped = self.dropped.copy()
        dropped.update({f"quarantined: {reason}": count for reason, count in self._quarantine.counts.items()})
        dropped["unclassified"] = int((work.engine == Engine.UNKNOWN).sum())
        return Source(
            path=str(self.file.path),
            format=self.format,
            events=self.events,
            dropped={reason: count for reason, count in sorted(dropped.items()) if count},
            expected=frozenset(self.expected & dropped.keys()),
            damage=tuple(self.file.damage),
            quarantined=tuple(self._quarantine.events),
            doubts=without_repetition((*self._quarantine.doubts(), *self._earlier_doubts(devices))),
            metadata=dict(self.metadata),
            dependencies=tuple(self.dependencies),
        )

    def _earlier_doubts(self, devices: tuple[Device, ...]) -> Iterator[Doubt]:
        for kind, number, reason, operations in self.stated_doubts:
            if (kind, number) in self.stated_devices:
                yield Doubt(devices.index(self.stated_devices[kind, number]), reason, operations)

    def _process(self, pid: int) -> Process:
        threads = {tid: one_name(names) for tid, names in self._thread_names.get(pid, {}).items()}
        rank, world_size = self.stated_ranks.get(pid, (self.rank, self.world_size))
        host = self.stated_hosts.get(pid, self.host)
        return Process(pid, self._process_names.get(pid, ""), rank, world_size, threads, host)

    def _ordered_devices(self) -> tuple[tuple[Device, ...], NDArray[np.int64]]:
        """The devices, and for each position at first use the final one; the last entry is for `MISSING`."""
        owner = owners(self._devices)
        found = {key: self._described(key, told) for key, told in owner.items() if told is not None}
        doubted = [self.stated_devices.get((kind, number)) for kind, number, *_ in self.stated_doubts]
        devices = sorted({*found.values(), *filter(None, doubted)}, key=_in_order)
        renumber = np.full(len(self._devices) + 1, MISSING, dtype=np.int64)
        for key, device in found.items():
            renumber[self._devices[key]] = devices.index(device)
        return tuple(devices), renumber

    def _described(self, key: DeviceKey, owner: str) -> Device:
        name = self._device_names.get((key.kind, key.number), "")
        uuid = self._device_uuids.get((key.kind, key.number), "")
        size = self._device_sizes.get((key.kind, key.number), (None, MISSING, MISSING))
        plain = Device(key.kind, key.number, name, self.rank, owner, "" if owner else uuid, *size)
        return self.stated_devices.get((key.kind, key.number), plain)


def _number(value: object, beyond: int = _BEYOND) -> int:
    return value if _is_number(value, beyond) else MISSING


def _is_number(value: object, beyond: int = _BEYOND) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < beyond


def _in_order(device: Device) -> tuple[bool, int, int, str]:
    return device.kind != "gpu", device.rank, device.index, device.owner


def one_name(names: Iterable[str]) -> str:
    """All the names that a thread was given, each once."""
    each = dict.fromkeys(name for known in names for name in known.split(_NEXT_NAME))
    return _NEXT_NAME.join(list(filter(None, each))[:_MOST_NAMES])


def _renumbered(table: Table, renumber: NDArray[np.int64]) -> Any:
    columns = table.columns_of(Role.DEVICE)
    return replace(table, **{name: renumber[getattr(table, name)].astype(table.columns()[name]) for name in columns})
