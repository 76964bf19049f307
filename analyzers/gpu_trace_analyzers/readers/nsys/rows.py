"""The tables of an Nsight Systems export as rows of a trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING, DeviceWork, HostCalls, RangeKind, Ranges, SyncKind, Syncs
from ...vocabulary import cupti
from ...vocabulary.kineto import memory_word, memset_name
from . import page_faults
from .copies import CopyKinds
from .page_faults import Places, add_page_faults

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...engines import EngineRules
    from ...model import Int64
    from ..base.building import TraceBuilder
    from .tables import Tables

_CUPTI = "CUPTI_ACTIVITY_KIND_"
_WORK = ("start", "end", "deviceId", "contextId", "streamId", "correlationId", "globalPid")
_GRAPH = ("graphId", "graphNodeId")
_KERNEL_NAMES = ("demangledName", "shortName", "mangledName")
_NAMES = "NVTX rows that name things"
_NVTX = ("start", "end", "eventType", "text", "textId", "globalTid", "domainId", "category", "color")
_PAYLOADS = ("int64Value", "uint64Value", "int32Value", "uint32Value", "doubleValue", "floatValue")

# CUPTI's numbers.
_CATEGORY, _MARK, _PUSH_POP, _START_END, _DOMAIN = 33, 34, 59, 60, 75
_LEVELS = "ENUM_DIAGNOSTIC_SEVERITY_LEVEL"
_HOST = "Hostname"
_MOST_TOLD = 4
_PID = 24
_THREAD = (1 << _PID) - 1


class Rows:
    """Fills a builder from the tables."""

    def __init__(self, tables: Tables, builder: TraceBuilder, rules: EngineRules) -> None:
        self.tables = tables
        self.builder = builder
        self.rules = rules
        self.copy_kinds = CopyKinds(tables)
        builder.resolution_ns = 1
        self.gpu_of = self.numbered_by_process()
        builder.counts_by_process = not self.gpu_of
        self.worked = False
        """whether any device did anything"""

    def add_all(self) -> None:
        """Everything that is understood; rows of other tables of events are counted."""
        self.describe()
        self.kernels()
        self.copies()
        self.fills()
        self.graphs()
        self.calls()
        self.syncs()
        add_page_faults(self.tables, self.builder, Places(self.devices, self.processes))
        self.nvtx()
        self.threads()
        self.count_unused()
        self.diagnose()

    def describe(self) -> None:
        """Names of devices and of the machine, versions, and the session's start."""
        of_name, of_size = ("id", "cuDevice", "name", "uuid"), ("computeMajor", "computeMinor", "smCount")
        for number, cuda, name, uuid, *size in self.tables.rows("TARGET_INFO_GPU", *of_name, *of_size):
            index = cuda if isinstance(cuda, int) and not self.gpu_of else number
            if isinstance(index, int):
                self.builder.name_device("gpu", index, str(name or ""), str(uuid or ""))
                self.builder.size_device(index, *size)
        # This table has the environment of the recorded process as well, of which nothing is kept.
        for name, value in self.tables.rows("TARGET_INFO_SYSTEM_ENV", "name", "value"):
            if name == _HOST:
                self.builder.host = str(value or "")
        for name, value in self.tables.rows("META_DATA_EXPORT", "name", "value"):
            self.builder.metadata[str(name)] = str(value)
        for (epoch,) in self.tables.rows("TARGET_INFO_SESSION_START_TIME", "utcEpochNs"):
            self.builder.epoch_ns = epoch if isinstance(epoch, int) else None

    def numbered_by_process(self) -> dict[tuple[int, int], int]:
        """The GPU of the machine behind each number that a process counts its devices by, by (process, number)."""
        rows = self.tables.rows("TARGET_INFO_CUDA_DEVICE", "pid", "cudaId", "gpuId")
        return {
            (_plain_pid(pid), number): gpu
            for pid, number, gpu in rows
            if isinstance(pid, int) and isinstance(number, int) and isinstance(gpu, int)
        }

    def devices(self, numbers: Int64, global_ids: Int64) -> Int64:
        """The devices that processes call by these numbers; `MISSING` for a number that none of them has."""
        if not self.gpu_of:
            return self.builder.devices("gpu", numbers)
        pairs = list(zip(((global_ids >> _PID) & _THREAD).tolist(), numbers.tolist(), strict=True))
        known = {pair: self.gpu_of.get(pair, MISSING) for pair in set(pairs)}
        return self.builder.devices("gpu", np.array([known[pair] for pair in pairs], dtype=np.int64))

    def kernels(self) -> None:
        """Kernels, by the fullest name there is."""
        dimensions = tuple(f"{what}{axis}" for what in ("grid", "block") for axis in "XYZ")
        found = self.tables.numbers(_CUPTI + "KERNEL", *_WORK, *_GRAPH, *_KERNEL_NAMES, *dimensions)
        if not found:
            return
        name_id = self.first(found, _KERNEL_NAMES)
        self.add_work(
            found,
            "kernel",
            [self.tables.strings.get(number, "") for number in name_id.tolist()],
            grid=self.sizes(found, "grid"),
            block=self.sizes(found, "block"),
        )

    def copies(self) -> None:
        """Copies, named as Kineto names them."""
        found = self.tables.numbers(
            _CUPTI + "MEMCPY", *_WORK, *_GRAPH, "bytes", "copyKind", "srcKind", "dstKind", "dstDeviceId", "srcDeviceId"
        )
        if not found:
            return
        kind = found["copyKind"]
        source, target = (self.copy_kinds.ends(kind, found[end]) for end in ("srcKind", "dstKind"))
        self.add_work(
            found,
            "memcpy",
            self.copy_kinds.names(kind, source, target),
            size=found["bytes"],
            source=source,
            target=target,
            peer=self.devices(self.copy_kinds.peers(kind, found["dstDeviceId"]), found["globalPid"]),
        )

    def fills(self) -> None:
        """Memsets."""
        found = self.tables.numbers(_CUPTI + "MEMSET", *_WORK, *_GRAPH, "bytes", "memKind")
        if found:
            names = [memset_name(memory_word(kind)) for kind in self.copy_kinds.memory(found["memKind"]).tolist()]
            self.add_work(found, "memset", names, size=found["bytes"])

    def graphs(self) -> None:
        """CUDA graphs recorded as one row each. What ran inside is not known, so no rule gives them an engine."""
        found = self.tables.numbers(_CUPTI + "GRAPH_TRACE", *_WORK, "graphId")
        if found:
            names = [f"CUDA graph {number}" for number in found["graphId"].tolist()]
            self.add_work(found, "graph", names)

    def calls(self) -> None:
        """Calls of the runtime and driver API: Nsight has both in one table."""
        found = self.tables.numbers(_CUPTI + "RUNTIME", "start", "end", "nameId", "globalTid", "correlationId")
        if not found:
            return
        kept = self.with_times(found)
        texts = [self.tables.strings.get(number, "") for number in kept["nameId"].tolist()]
        self.builder.add(
            HostCalls,
            start_ns=kept["start"],
            end_ns=kept["end"],
            name=self.builder.strings.codes(texts),
            process=self.processes(kept["globalTid"]),
            thread=kept["globalTid"] & _THREAD,
            correlation=kept["correlationId"],
        )

    def syncs(self) -> None:
        """Synchronization."""
        found = self.tables.numbers(_CUPTI + "SYNCHRONIZATION", *_WORK, "syncType")
        if not found:
            return
        kept = self.with_times(found)
        known = np.isin(kept["syncType"], list(cupti.SYNCS))
        self.builder.dropped["synchronization of an unknown kind"] += int((~known).sum())
        kept = {name: column[known] for name, column in kept.items()}
        self.builder.add(
            Syncs,
            start_ns=kept["start"],
            end_ns=kept["end"],
            kind=_coded(kept["syncType"], cupti.SYNCS, SyncKind.CONTEXT),
            device=self.devices(kept["deviceId"], kept["globalPid"]),
            stream=np.where(kept["streamId"] < (1 << 32) - 1, kept["streamId"], MISSING),
            process=self.processes(kept["globalPid"]),
            correlation=kept["correlationId"],
        )

    def nvtx(self) -> None:
        """Ranges and marks; a range that never ended is counted."""
        rows = list(self.tables.rows("NVTX_EVENTS", *_NVTX, *_PAYLOADS))
        self.builder.events += len(rows)
        domains = {row[6]: self.nvtx_text(row) for row in rows if row[2] == _DOMAIN}
        categories = {(row[6], row[7]): self.nvtx_text(row) for row in rows if row[2] == _CATEGORY}
        ranges = [row for row in rows if row[2] in (_PUSH_POP, _START_END, _MARK)]
        self.builder.dropped[_NAMES] += len(rows) - len(ranges)
        self.builder.expected.add(_NAMES)
        ended = [row for row in ranges if isinstance(row[0], int) and (row[2] == _MARK or isinstance(row[1], int))]
        self.builder.dropped["NVTX ranges that did not end"] += len(ranges) - len(ended)
        code = self.builder.strings
        threads = _numbers([row[5] for row in ended])
        self.builder.add(
            Ranges,
            start_ns=_numbers([row[0] for row in ended]),
            end_ns=_numbers([row[0] if row[2] == _MARK else row[1] for row in ended]),
            name=code.codes(self.nvtx_text(row) for row in ended),
            kind=np.full(len(ended), RangeKind.NVTX),
            process=self.processes(threads),
            thread=np.where([row[2] == _START_END for row in ended], MISSING, threads & _THREAD),
            domain=[code[domains[row[6]]] if domains.get(row[6]) else MISSING for row in ended],
            category=[
                code[categories[row[6], row[7]]] if categories.get((row[6], row[7])) else MISSING for row in ended
            ],
            color=_numbers([row[8] & 0xFFFFFFFF if isinstance(row[8], int) else None for row in ended]),
            payload=[self.payload(row) for row in ended],
        )

    def nvtx_text(self, row: tuple[object, ...]) -> str:
        """``text``, else the string that ``textId`` names."""
        if row[3] is not None:
            return str(row[3])
        return self.tables.strings.get(row[4], "") if isinstance(row[4], int) else ""

    def payload(self, row: tuple[object, ...]) -> int:
        """The first value that the range carries, as text."""
        values = [value for value in row[len(_NVTX) :] if value is not None]
        return self.builder.strings[str(values[0])] if values else MISSING

    def threads(self) -> None:
        """Names of threads and processes."""
        for thread, number in self.tables.rows("ThreadNames", "globalTid", "nameId"):
            if isinstance(thread, int) and isinstance(number, int):
                name = self.tables.strings.get(number, "")
                self.builder.name_thread(_pid(thread), thread & _THREAD, name)
        for process, title in self.tables.rows("PROCESSES", "globalPid", "name"):
            if isinstance(process, int):
                self.builder.name_process(_pid(process), str(title or ""))

    def count_unused(self) -> None:
        """Rows of tables with times that no figure here needs: operating system calls, samples, counters."""
        used = {_CUPTI + kind for kind in ("KERNEL", "MEMCPY", "MEMSET", "GRAPH_TRACE", "RUNTIME", "SYNCHRONIZATION")}
        for table in sorted(self.tables.names - used - {"NVTX_EVENTS", *page_faults.TABLES}):
            if "start" in self.tables.columns_of(table) and (rows := self.tables.count(table)):
                self.builder.events += rows
                self.builder.dropped[f"rows of {table}"] += rows
                self.builder.expected.add(f"rows of {table}")

    def diagnose(self) -> None:
        """What Nsight says of an empty recording."""
        if self.worked:
            return
        levels = {number: str(name).upper() for number, name in self.tables.rows(_LEVELS, "id", "name")}
        texts = [
            " ".join(str(text).split())
            for level, text in self.tables.rows("DIAGNOSTIC_EVENT", "severity", "text")
            if text and "INFO" not in levels.get(level, "")
        ]
        told = [f"Nsight Systems reports: {text}" for text in dict.fromkeys(texts)]
        self.builder.file.damage.extend(told[:_MOST_TOLD])

    def add_work(self, found: dict[str, Int64], kind: str, names: list[str], **more: Sequence[int] | Int64) -> None:
        engines = {name: self.rules.engine(kind, name) for name in set(names)}
        given = {name: np.asarray(values) for name, values in more.items()}
        given["name"] = self.builder.strings.codes(names)
        for column, of_nsight in (("graph", "graphId"), ("graph_node", "graphNodeId")):
            if of_nsight in found:
                given[column] = np.where(found[of_nsight] > 0, found[of_nsight], MISSING)
        given["engine"] = np.array([engines[name] for name in names])
        kept = self.with_times(found | given)
        self.worked |= len(kept["start"]) > 0
        self.builder.add(
            DeviceWork,
            start_ns=kept["start"],
            end_ns=kept["end"],
            device=self.devices(np.maximum(kept["deviceId"], 0), kept["globalPid"]),
            stream=kept["streamId"],
            context=kept["contextId"],
            correlation=kept["correlationId"],
            process=self.processes(kept["globalPid"]),
            **{column: kept[column] for column in given},
        )

    def with_times(self, found: dict[str, Int64]) -> dict[str, Int64]:
        has = (found["start"] != MISSING) & (found["end"] != MISSING)
        self.builder.dropped["no start or end"] += int((~has).sum())
        return found if has.all() else {name: column[has] for name, column in found.items()}

    def processes(self, global_ids: Int64) -> Int64:
        return self.builder.processes((np.where(global_ids == MISSING, 0, global_ids) >> _PID) & _THREAD)

    def first(self, found: dict[str, Int64], columns: Sequence[str]) -> Int64:
        value = found[columns[0]]
        for column in columns[1:]:
            value = np.where(value == MISSING, found[column], value)
        return value

    def sizes(self, found: dict[str, Int64], what: str) -> list[int]:
        axes = zip(*(found[what + axis].tolist() for axis in "XYZ"), strict=True)
        return [MISSING if MISSING in size else self.builder.strings[str(list(size))] for size in axes]


def _plain_pid(pid: int) -> int:
    """A process id that some versions write as a global one."""
    return pid if pid <= _THREAD else _pid(pid)


def _pid(global_id: int) -> int:
    return (global_id >> _PID) & _THREAD


def _numbers(values: list[object]) -> Int64:
    return np.array([value if isinstance(value, int) else MISSING for value in values], dtype=np.int64)


def _coded(values: Int64, codes: Mapping[int, int], other: int) -> Int64:
    return np.array([codes.get(value, other) for value in values.tolist()], dtype=np.int64)
