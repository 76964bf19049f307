"""Was the copying of a device hidden behind its computing? The figures of one device, and of each pair of devices."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

from ..few_distinct import few_distinct
from ..intervals import Intervals
from ..model import Engine
from ..rows_of_each import rows_of_each
from .once import once
from .parted import rows_by_device
from .recorded import recorded
from .room import room
from .scope import Window
from .streams import streams
from .sweep import busy_engines, sweep, union

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..model import Device, DeviceWork, Int64, Trace
    from .scope import Scope
    from .sweep import Cells

COMPUTE = (Engine.COMPUTE,)
COLLECTIVE = (Engine.COLLECTIVE,)
PAIRED_AT_MOST = 8
"""Devices of which every pair is compared: a node has as many GPUs. There are as many pairs as the square of them."""


@dataclass(frozen=True, slots=True)
class EngineFigures:
    """What one engine did.

    ``busy_ns`` is the length of the union of its operations; ``hidden_ns`` the part of that in which the device also
    computed (for the compute engine itself: all of it); ``size`` the bytes that its operations name.
    """

    engine: Engine
    busy_ns: int
    hidden_ns: int
    count: int
    size: int

    @property
    def exposed_ns(self) -> int:
        """Busy while the device computed nothing."""
        return self.busy_ns - self.hidden_ns

    @property
    def gb_per_s(self) -> float | None:
        """Bytes over busy time, in 10^9 bytes per second; None if nothing was moved or it took no time.

        None for collectives too: they are busy while they wait for other ranks.
        """
        known = self.size and self.busy_ns and self.engine != Engine.COLLECTIVE
        return self.size / self.busy_ns if known else None


@dataclass(frozen=True, slots=True)
class DeviceFigures:
    """The overlap of one device. All times are sums of the sweep's cells, so they add up exactly.

    ``copies`` says which engines count as copying (by default those that cross the bus or the link).
    """

    position: int
    """in ``Trace.devices``"""
    device: Device
    window: Window
    """from the first operation of the device to the end of its last, or the window asked for"""
    recorded: Intervals
    """the part of it that was recorded, of which the figures speak: in one piece or, after pauses, in several"""
    copies: tuple[Engine, ...]
    engines: Mapping[Engine, EngineFigures]
    streams: int
    busy_ns: int
    compute_ns: int
    copy_ns: int
    overlap_ns: int
    collective_ns: int
    exposed_collective_ns: int
    stream_busy_ns: int
    """busy time of each stream, added up; over ``busy_ns`` it says how many streams were busy at once"""
    undirected: int = 0
    """copies of unknown direction"""
    undirected_ns: int = 0
    """busy time of those: they are in no other figure of copies"""
    waited_for_room: int = 0
    """launches that waited for room in the launch queue"""
    waited_for_room_ns: int = 0
    """the time in which any of them did"""

    @property
    def span_ns(self) -> int:
        """Length of the window, without what was not recorded."""
        return self.recorded.total_ns

    @property
    def unrecorded_ns(self) -> int:
        """What the recording left out of the window."""
        return self.window.span_ns - self.span_ns

    @property
    def idle_ns(self) -> int:
        """In which no engine was busy."""
        return self.span_ns - self.busy_ns

    @property
    def overlap_ratio(self) -> float | None:
        """Overlap over the shorter of compute and copy: 1.0 is as much as was possible. None where either is empty."""
        shorter = min(self.compute_ns, self.copy_ns)
        return self.overlap_ns / shorter if shorter else None

    def ratio_of(self, engine: Engine) -> float | None:
        """The overlap ratio of one engine alone: its hidden time over the shorter of its time and the compute's."""
        row = self.engines.get(engine)
        shorter = min(row.busy_ns, self.compute_ns) if row and engine != Engine.COMPUTE else 0
        return row.hidden_ns / shorter if row and shorter else None

    @property
    def hidden_share(self) -> float | None:
        """Overlap over copy time. None where nothing was copied."""
        return self.overlap_ns / self.copy_ns if self.copy_ns else None

    @property
    def exposed_copy_ns(self) -> int:
        """Copying while the device computed nothing."""
        return self.copy_ns - self.overlap_ns

    @property
    def gain(self) -> float | None:
        """How much shorter overlap made it: (compute + copy) over their union; 1.0 means that they took turns."""
        either = self.compute_ns + self.copy_ns - self.overlap_ns
        return (self.compute_ns + self.copy_ns) / either if either else None

    @property
    def headroom_ns(self) -> int:
        """What perfect overlap would still save: the union of compute and copy, less the longer of them."""
        either = self.compute_ns + self.copy_ns - self.overlap_ns
        return either - max(self.compute_ns, self.copy_ns)

    @property
    def unknown(self) -> int:
        """Operations that may have copied or computed, and are in no figure of either: overlap is in doubt."""
        row = self.engines.get(Engine.UNKNOWN)
        return row.count if row else 0

    @property
    def streams_at_once(self) -> float | None:
        """How many streams (on a CPU: threads) were busy at once, on average over the busy time."""
        return self.stream_busy_ns / self.busy_ns if self.busy_ns else None


@dataclass(frozen=True, slots=True)
class PairFigures:
    """How long two devices were busy at once."""

    a: int
    b: int
    """positions in ``Trace.devices``"""
    together_ns: int
    """both computed"""
    shorter_ns: int
    """compute time of the one that computed less"""

    @property
    def ratio(self) -> float | None:
        """1.0 means that the one with less to do was never alone."""
        return self.together_ns / self.shorter_ns if self.shorter_ns else None


@once
def device_figures(scope: Scope, position: int) -> DeviceFigures:
    """The figures of one device, by its position in ``trace.devices``.

    Operations that cross an edge of the window count with the part inside it; the default window is the device's own
    span. Raises ``ValueError`` for a device that did nothing and no window to say so for.
    """
    trace, window = scope.trace, scope.window
    work, spoken_of = trace.work_of(position), recorded(scope, position)
    if window is not None and not (inside := window.meets(work.start_ns, work.end_ns)).all():
        work = work[inside]
    busy = busy_engines(trace, position)
    cells, chosen = cells_of(scope, position), scope.copies_on(position)
    unclear, stream = work[work.undirected], streams(trace, work)
    return DeviceFigures(
        position=position,
        device=trace.devices[position],
        window=window or _hull(work, spoken_of),
        recorded=spoken_of,
        copies=chosen,
        engines={engine: _engine_figures(engine, cells, work) for engine in busy if (work.engine == engine).any()},
        streams=len(few_distinct(stream)[0]),
        busy_ns=cells.where(tuple(Engine)),
        compute_ns=cells.where(COMPUTE),
        copy_ns=cells.where(chosen),
        overlap_ns=cells.where(COMPUTE, chosen),
        collective_ns=cells.where(COLLECTIVE),
        exposed_collective_ns=cells.where(COLLECTIVE, idle=COMPUTE),
        stream_busy_ns=_stream_busy_ns(work, stream, spoken_of),
        undirected=len(unclear),
        undirected_ns=_busy_ns(unclear, spoken_of),
        waited_for_room=room(scope, position).launches,
        waited_for_room_ns=room(scope, position).ns,
    )


@once
def cells_of(scope: Scope, position: int) -> Cells:
    """How long one device was in each combination of engines, in the time that was recorded of it."""
    return sweep(busy_engines(scope.trace, position), recorded(scope, position))


@once
def exposed_copy(scope: Scope, position: int) -> Intervals:
    """When a device copied and computed nothing, whether that was recorded whole or not."""
    busy = busy_engines(scope.trace, position)
    return union(busy, scope.copies_on(position)) - union(busy, COMPUTE)


def _hull(work: DeviceWork, spoken_of: Intervals) -> Window:
    if not spoken_of:  # all its operations took no time
        return Window(int(work.start_ns.min()), int(work.end_ns.max()))
    return Window(int(spoken_of.start_ns[0]), int(spoken_of.end_ns[-1]))


@once
def active_devices(trace: Trace) -> tuple[int, ...]:
    """Positions of the devices that did anything, in order."""
    return tuple(rows_by_device(trace))


@once
def pair_figures(scope: Scope) -> tuple[PairFigures, ...]:
    """Every pair of devices that computed, in order. Devices of different kinds (GPU, CPU) are not compared.

    None at all where more than `PAIRED_AT_MOST` devices did anything: `pairs_omitted` counts those.
    """
    devices = scope.trace.devices
    if len(active_devices(scope.trace)) > PAIRED_AT_MOST:
        return ()
    computing = _computing(scope)
    alike = [(a, b) for a, b in combinations(computing, 2) if devices[a].kind == devices[b].kind]
    return tuple(_pair(a, b, computing) for a, b in alike)


@once
def pairs_omitted(scope: Scope) -> int:
    """How many pairs `pair_figures` leaves out, because so many devices did anything."""
    if len(active_devices(scope.trace)) <= PAIRED_AT_MOST:
        return 0
    kinds = Counter(scope.trace.devices[position].kind for position in _computing(scope))
    return sum(comb(devices, 2) for devices in kinds.values())


def _computing(scope: Scope) -> dict[int, Intervals]:
    """When each device computed, by its position; of those that did at all."""
    found, window = {}, scope.window
    for position in active_devices(scope.trace):
        busy = union(busy_engines(scope.trace, position), COMPUTE)
        busy = busy.clip(window.start_ns, window.end_ns) if window else busy
        if busy:
            found[position] = busy
    return found


def _pair(a: int, b: int, computing: Mapping[int, Intervals]) -> PairFigures:
    together = computing[a] & computing[b]
    return PairFigures(a, b, together.total_ns, min(computing[a].total_ns, computing[b].total_ns))


def _engine_figures(engine: Engine, cells: Cells, work: DeviceWork) -> EngineFigures:
    sizes = work.size[work.engine == engine]
    moved = int(sizes[sizes > 0].sum())
    return EngineFigures(engine, cells.where((engine,)), cells.where((engine,), COMPUTE), len(sizes), moved)


def _stream_busy_ns(work: DeviceWork, stream: Int64, spoken_of: Intervals) -> int:
    """Sum over streams of the time in which the stream had work; ``stream`` has that of each row."""
    return sum(_busy_ns(work[rows], spoken_of) for rows in rows_of_each(stream).values())


def _busy_ns(work: DeviceWork, spoken_of: Intervals) -> int:
    return (Intervals.of(work.start_ns, work.end_ns) & spoken_of).total_ns
