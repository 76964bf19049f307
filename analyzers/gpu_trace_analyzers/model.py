"""The trace: what was recorded, as columns.

A `Trace` is immutable. Its tables are structs of arrays (`columns.py`), one row per event. In all of them

- times are int64 **nanoseconds** on the trace's own clock, intervals are half-open ``[start_ns, end_ns)``;
  ``Trace.epoch_ns`` added to them gives nanoseconds since 1970, if the trace states it;
- names are codes into ``Trace.strings``;
- an id that may be missing is `MISSING`, -1.

`Trace.check` states the invariant; every reader's test calls it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

# Under the names of the model, too: who reads a trace reads its columns.
from .columns import MISSING as MISSING
from .columns import Columns as Columns
from .columns import DeviceAt as DeviceAt
from .columns import FrameAt as FrameAt
from .columns import Index as Index
from .columns import Int8 as Int8
from .columns import Int16 as Int16
from .columns import Int32 as Int32
from .columns import Int64 as Int64
from .columns import ProcessAt as ProcessAt
from .columns import Role as Role
from .columns import Text as Text
from .kinds import ALL_COPIES as ALL_COPIES
from .kinds import BUS_COPIES as BUS_COPIES
from .kinds import KERNELS as KERNELS
from .kinds import Engine as Engine
from .kinds import Memory as Memory
from .kinds import RangeKind as RangeKind
from .kinds import SyncKind as SyncKind
from .kinds import ThreadState as ThreadState
from .source import Doubt as Doubt
from .source import Quarantined as Quarantined
from .source import RecordedDependencies as RecordedDependencies
from .source import Source as Source  # noqa: TC001  # others import it from here

if TYPE_CHECKING:
    import re
    from collections.abc import Collection, Hashable, Mapping

    from numpy.typing import NDArray

    from .event_frames import EventFrames


@dataclass(frozen=True, slots=True)
class Device:
    """A processor with engines of its own.

    A GPU, or the CPU cores of one process (its streams are then the threads).
    ``rank`` is the position in a distributed job, ``MISSING`` outside one. Every process counts its GPUs from 0, so
    that ``owner`` names the process or the file which counts this one, where several in a trace do; empty where the
    trace has one count. ``uuid`` is NVIDIA's name of the very GPU, empty where the trace does not say.
    ``capability`` is its CUDA compute capability (``(9, 0)``), None where the trace does not say, and
    ``multiprocessors`` the number of its SMs, or `MISSING`, as ``memory``, its bytes.
    """

    kind: Literal["gpu", "cpu"]
    index: int
    name: str = ""
    rank: int = MISSING
    owner: str = ""
    uuid: str = ""
    capability: tuple[int, int] | None = None
    multiprocessors: int = MISSING
    memory: int = MISSING

    @property
    def label(self) -> str:
        """``GPU 0 (NVIDIA H200)``, with the rank and the owner in front if there are any."""
        rank = f"rank {self.rank} · " if self.rank != MISSING else ""
        owner = f"{self.owner} · " if self.owner else ""
        return f"{rank}{owner}{self.kind.upper()} {self.index}" + (f" ({self.name})" if self.name else "")

    @property
    def default_copies(self) -> tuple[Engine, ...]:
        """The engines that count as copies: those that cross a bus. A CPU has no bus, so there every copy counts."""
        return BUS_COPIES if self.kind == "gpu" else ALL_COPIES


@dataclass(frozen=True, slots=True)
class Process:
    """A recorded process. Correlation ids and thread ids are valid only inside one."""

    pid: int
    name: str = ""
    rank: int = MISSING
    world_size: int = MISSING
    thread_names: Mapping[int, str] = field(default_factory=dict)
    """all names of a thread that was given several: ``pt_autograd_0 / python3``"""
    host: str = ""
    """the name of its machine, which all processes on it have; empty where the trace does not say"""


@dataclass(frozen=True, slots=True, eq=False)
class Table(Columns):
    """Events: every table has ``start_ns`` and ``end_ns``, and is sorted by the first."""


@dataclass(frozen=True, slots=True, eq=False)
class DeviceWork(Table):
    """Device operations: kernels, copies, memsets; on a CPU device, the own time of operators.

    Sorted by ``start_ns``. An operator that calls others has a row for each stretch between them.
    """

    start_ns: Int64
    end_ns: Int64
    name: Text
    engine: Int8
    """`Engine`"""
    device: DeviceAt
    """position in ``Trace.devices``"""
    stream: Int64
    """CUPTI's stream id, which is valid only inside a process and a context; on a CPU device the thread id"""
    context: Int32
    """CUPTI's id of the CUDA context"""
    process: ProcessAt
    """position in ``Trace.processes``: the process that launched it"""
    correlation: Int64
    """the same number as the launching row of ``Trace.calls`` in that process"""
    size: Int64
    """bytes copied or set; for a collective, those that its backend reports, as NCCL counts a message"""
    source: Int8
    """`Memory` that a copy reads, ``Memory.UNKNOWN`` if the trace has none; ``MISSING`` for other operations"""
    target: Int8
    """`Memory` that a copy writes; ``MISSING`` for other operations"""
    peer: DeviceAt
    """position in ``Trace.devices`` of the device that a P2P copy writes to"""
    grid: Text
    """a kernel's launch grid as text, ``"[132, 1, 1]"``: a code into ``Trace.strings``"""
    block: Text
    """a kernel's block as text, ``"[256, 1, 1]"``: a code into ``Trace.strings``"""
    group: Text
    """a collective's process group, by name and ranks, ``"1 [0, 2]"``: a code; ``MISSING`` if the trace has none"""
    sequence: Int64
    """a collective's number in its process group: the same one has the same number on all ranks"""
    graph: Int64
    """CUPTI's id of the replayed CUDA graph that this is a part of; `MISSING` for other operations"""
    graph_node: Int64
    """CUPTI's id of the node of that graph"""

    def does(self, engines: Collection[Engine]) -> NDArray[np.bool_]:
        """Which rows occupy one of these engines: (n,) bool."""
        found = np.zeros(len(self), np.bool_)
        for engine in engines:
            found |= self.engine == engine
        return found

    @property
    def undirected(self) -> NDArray[np.bool_]:
        """Which rows are copies of unknown direction: (n,) bool. Their engine is `Engine.UNKNOWN`."""
        return np.asarray((self.engine == Engine.UNKNOWN) & (self.source != MISSING))


@dataclass(frozen=True, slots=True, eq=False)
class HostCalls(Table):
    """Calls of the CUDA (HIP, XPU) runtime and driver API, on the host. Sorted by ``start_ns``."""

    start_ns: Int64
    end_ns: Int64
    name: Text
    process: ProcessAt
    thread: Int64
    correlation: Int64


@dataclass(frozen=True, slots=True, eq=False)
class HostOperators(Table):
    """Operators of the framework on the host (``aten::mm``); read only if needed. Sorted by ``start_ns``.

    Those that multiply and have shapes are always read. Each of their arguments stands in lists in JSON.
    """

    start_ns: Int64
    end_ns: Int64
    name: Text
    process: ProcessAt
    thread: Int64
    shapes: Text
    """shapes of the arguments, ``"[[8192, 8192], [8192, 8192]]"``; `MISSING` where they were not recorded"""
    types: Text
    """their types as the framework calls them, ``'["float", "float"]'``"""
    values: Text
    """the arguments that are no tensors as text, with an empty text for each tensor"""
    record_function: Int64
    """the number of the call in its process, that of its node in an execution trace; `MISSING` where none was given"""


@dataclass(frozen=True, slots=True, eq=False)
class Ranges(Table):
    """Named ranges of the host: NVTX, ``record_function``, profiler steps. A mark has no length. Sorted by start."""

    start_ns: Int64
    end_ns: Int64
    name: Text
    kind: Int8
    """`RangeKind`"""
    process: ProcessAt
    thread: Int64
    """`MISSING` for a range of its whole process, such as an NVTX start/end range, which any thread may end"""
    domain: Text
    """NVTX domain, a code into ``Trace.strings``; ``MISSING`` is the default domain"""
    category: Text
    """NVTX category, a code"""
    color: Int64
    """0xAARRGGBB"""
    payload: Text
    """NVTX payload as text, a code"""


@dataclass(frozen=True, slots=True, eq=False)
class Syncs(Table):
    """Synchronization as CUPTI recorded it (Kineto's ``cuda_sync`` rows): never operations. Sorted by ``start_ns``."""

    start_ns: Int64
    end_ns: Int64
    kind: Int8
    """`SyncKind`"""
    device: DeviceAt
    stream: Int64
    awaited_stream: Int64
    """the stream whose event the row waits on"""
    awaited_correlation: Int64
    """the call that recorded the event"""
    process: ProcessAt
    correlation: Int64


@dataclass(frozen=True, slots=True, eq=False)
class Overheads(Table):
    """Overhead of the profiler itself on the host. Sorted by ``start_ns``."""

    start_ns: Int64
    end_ns: Int64
    name: Text
    process: ProcessAt


@dataclass(frozen=True, slots=True, eq=False)
class Counters(Table):
    """Values that were recorded over time, such as clocks and memory in use: a row a value. Sorted by ``start_ns``.

    A counter is all rows of one name, unit, device and process. Each value stands in ``[start_ns, end_ns)``, which ends
    at the counter's next one, or with the window of the recording.
    """

    start_ns: Int64
    end_ns: Int64
    name: Text
    unit: Text
    """``"MHz"``; an empty text where the value has none"""
    value: Int64
    device: DeviceAt
    """position in ``Trace.devices``; `MISSING` for a value of the process, such as its host memory"""
    process: ProcessAt
    thread: Int64
    """the thread that brought the value about; `MISSING` for one that was measured from outside"""


@dataclass(frozen=True, slots=True, eq=False)
class Windows(Table):
    """When each process was recorded. Time outside all its windows is unknown, and is never idle time.

    Sorted by ``start_ns``. A process may have several: cycles of a profiler's schedule, or files of one rank.
    """

    start_ns: Int64
    end_ns: Int64
    process: ProcessAt


@dataclass(frozen=True, slots=True, eq=False)
class Samples(Table):
    """What each thread was executing at some instants, as seen from outside its process. Sorted by ``start_ns``.

    Time that no row of a thread covers was not sampled: nothing is known of it.
    """

    start_ns: Int64
    """when it was taken"""
    end_ns: Int64
    """until when it stands: the thread's next sample, one period later at most"""
    frame: FrameAt
    """position in ``Trace.stack_frames`` of the innermost frame; `MISSING` where the stack could not be read"""
    state: Int8
    """`ThreadState`"""
    process: ProcessAt
    thread: Int64


@dataclass(frozen=True, slots=True, eq=False)
class Frames(Columns):
    """Places in a program, each with those it was called from: a tree, of which a sample names one node."""

    caller: FrameAt
    """position of the calling frame, always before its own; `MISSING` for the outermost"""
    function: Text
    file: Text
    line: Int64
    """the line that is executed, from 1"""


_NAMED = 4
"""devices that a trace is shown with"""
OBSERVED = frozenset({"samples", "counters"})
"""Tables of what was observed beside the recording: they may begin before it and go on after it."""


@dataclass(frozen=True, slots=True, repr=False)
class Trace:
    """One recording: one process, or several (ranks) with their clocks aligned."""

    source: Source
    strings: tuple[str, ...] = ()
    devices: tuple[Device, ...] = ()
    processes: tuple[Process, ...] = ()
    work: DeviceWork = field(default_factory=DeviceWork.empty)
    calls: HostCalls = field(default_factory=HostCalls.empty)
    operators: HostOperators = field(default_factory=HostOperators.empty)
    ranges: Ranges = field(default_factory=Ranges.empty)
    syncs: Syncs = field(default_factory=Syncs.empty)
    overheads: Overheads = field(default_factory=Overheads.empty)
    windows: Windows = field(default_factory=Windows.empty)
    """empty if the trace does not state them: then each device was recorded from its first operation to its last"""
    samples: Samples = field(default_factory=Samples.empty)
    stack_frames: Frames = field(default_factory=Frames.empty)
    counters: Counters = field(default_factory=Counters.empty)
    epoch_ns: int | None = None
    """add to any time of the trace for nanoseconds since 1970; None if the file does not state it"""
    answers: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """answers about the whole trace, see ``questions/once.py``; a changed copy begins without any"""

    @classmethod
    @cache
    def table_types(cls) -> Mapping[str, type[Table]]:
        """Every table that a trace has: its field and its type, in the order of the fields."""
        namespace = globals()
        found = {column.name: namespace.get(str(column.type)) for column in fields(cls)}
        return {name: kind for name, kind in found.items() if isinstance(kind, type) and issubclass(kind, Table)}

    def tables(self) -> dict[str, Table]:
        """Every table by its field, in the order of the fields."""
        return {name: getattr(self, name) for name in self.table_types()}

    def recorded_tables(self) -> dict[str, Table]:
        """Those whose rows the profiler recorded: when it did shows in them alone."""
        return {name: table for name, table in self.tables().items() if name not in OBSERVED}

    def frames(self) -> EventFrames:
        """Its events as pandas data frames: kernels, copies, memsets, calls, ranges, operators."""
        from .event_frames import EventFrames, Framing  # pandas is slow to import, and few need it

        made = Framing(self.strings, [process.pid for process in self.processes])
        is_copy = self.work.does(ALL_COPIES) | self.work.undirected
        is_memset = self.work.engine == Engine.MEMSET
        return EventFrames(
            kernels=made.kernels(self.work[~(is_copy | is_memset)]),
            copies=made.copies(self.work[is_copy]),
            memsets=made.memsets(self.work[is_memset]),
            calls=made.calls(self.calls),
            ranges=made.ranges(self.ranges),
            operators=made.operators(self.operators),
        )

    def __repr__(self) -> str:
        devices = ", ".join(device.label for device in self.devices[:_NAMED])
        more = f" and {len(self.devices) - _NAMED} more" * (len(self.devices) > _NAMED)
        rows = ", ".join(f"{name} {len(table):,}" for name, table in self.tables().items() if len(table))
        return (
            f"Trace of {self.source.path} ({self.source.format}): {devices or 'no device'}{more}; {rows or 'no event'}"
        )

    def text(self, code: int) -> str:
        """The string behind a code; empty for `MISSING`."""
        return self.strings[code] if code >= 0 else ""

    def says(self, codes: Text, pattern: re.Pattern[str]) -> NDArray[np.bool_]:
        """Which of some codes are of a string that the pattern is found in: (n,) bool; `MISSING` is of none.

        Each string is searched once, however many codes it has.
        """
        found = np.zeros(len(self.strings) + 1, np.bool_)  # the last is that of `MISSING`, -1
        found[codes] = True
        there = np.flatnonzero(found[:-1])
        found[there] = [pattern.search(self.strings[code]) is not None for code in there.tolist()]
        found[-1] = False
        return np.asarray(found[codes])

    def work_of(self, device: int) -> DeviceWork:
        """The rows of one device, by its position in ``devices``."""
        own = self.work.device == device
        return self.work if own.all() else self.work[own]

    def check(self) -> None:
        """Raise ``AssertionError`` if the trace breaks its own contract."""
        sizes = {Role.TEXT: len(self.strings), Role.DEVICE: len(self.devices), Role.PROCESS: len(self.processes)}
        sizes[Role.FRAME] = len(self.stack_frames)
        for table in self.tables().values():
            _check_columns(table, sizes)
            _check_times(table)
        _check_columns(self.stack_frames, sizes)
        assert (self.stack_frames.caller < np.arange(len(self.stack_frames))).all(), (
            "a frame before the one that called it"
        )
        assert (self.work.device >= 0).all(), "work without a device"
        assert (self.work.engine >= 0).all(), "work without an engine"
        assert np.isin(self.samples.state, list(ThreadState)).all(), "a sample of no ThreadState"


def _check_columns(table: Columns, sizes: Mapping[Role, int]) -> None:
    what = type(table).__name__
    columns = {name: getattr(table, name) for name in table.columns()}
    for name, dtype in table.columns().items():
        assert columns[name].dtype == dtype, f"{what}.{name} is {columns[name].dtype}, not {dtype}"
        assert len(columns[name]) == len(table), f"{what}.{name} has {len(columns[name])} rows of {len(table)}"
    for role, size in sizes.items():
        for name in table.columns_of(role):
            inside = (columns[name] >= MISSING) & (columns[name] < size)
            assert inside.all(), f"{what}.{name} is not {role.value}"


def _check_times(table: Any) -> None:
    what = type(table).__name__
    assert (table.end_ns >= table.start_ns).all(), f"{what}: a row ends before it starts"
    assert (np.diff(table.start_ns) >= 0).all(), f"{what} is not sorted by start_ns"
