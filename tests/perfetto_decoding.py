"""Reads `.pftrace` files with the protos of the `perfetto` package: shares nothing with the writer."""

from __future__ import annotations

import gzip
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace, TracePacket, TrackEvent

if TYPE_CHECKING:
    from pathlib import Path

BOOTTIME = 6


@dataclass
class Slice:
    """A slice as a viewer shows it; ``track`` is the path of names from the top."""

    track: tuple[str, ...]
    name: str
    start_ns: int
    end_ns: int
    args: dict[str, Any] = field(default_factory=dict)
    flows: tuple[int, ...] = ()


@dataclass
class Decoded:
    stages: list[Slice] = field(default_factory=list)
    slices: list[Slice] = field(default_factory=list)
    counters: dict[tuple[str, ...], list[tuple[int, float]]] = field(default_factory=lambda: defaultdict(list))
    recorded: dict[tuple[str, ...], list[tuple[int, int, dict[str, Any]]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    clocks: dict[int, int] = field(default_factory=dict)
    by_track: dict[int, list[Slice]] = field(default_factory=lambda: defaultdict(list))


def decode(path: Path) -> Decoded:
    data = path.read_bytes()
    trace = Trace.FromString(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
    return _Decoder().all(trace.packet)


class _Decoder:
    def __init__(self) -> None:
        self.origins_ns: dict[int, int] = {}
        self.with_names: set[int] = set()
        self.tables: dict[str, dict[int, Any]] = defaultdict(dict)
        self.descriptors: dict[int, Any] = {}
        self.result = Decoded()

    def all(self, packets: Any) -> Decoded:
        for packet in packets:
            self._names(packet)
            packet.timestamp += self._origin_ns(packet) if packet.HasField("timestamp") else 0
        # As viewers do: by time, and at one instant in the order of the file.
        timed = sorted((packet for packet in packets if packet.HasField("timestamp")), key=lambda p: p.timestamp)
        open_slices: dict[int, list[Slice]] = defaultdict(list)
        for packet in timed:
            if packet.HasField("gpu_render_stage_event"):
                self.result.stages.append(self._stage(packet))
            elif packet.HasField("track_event"):
                self._track_event(packet, open_slices)
        assert not any(open_slices.values()), "a slice that never ends"
        return self.result

    def _names(self, packet: Any) -> None:
        if packet.sequence_flags & TracePacket.SEQ_INCREMENTAL_STATE_CLEARED:
            assert packet.trusted_packet_sequence_id not in self.with_names, "viewers forget the names in front of it"
        elif packet.HasField("interned_data"):
            self.with_names.add(packet.trusted_packet_sequence_id)
        for descriptor, rows in packet.interned_data.ListFields():
            for row in rows:
                self.tables[descriptor.name][row.iid] = row
        if packet.HasField("track_descriptor"):
            self.descriptors[packet.track_descriptor.uuid] = packet.track_descriptor
        clocks = {clock.clock_id: clock.timestamp for clock in packet.clock_snapshot.clocks}
        if packet.HasField("trace_packet_defaults"):
            own = packet.trace_packet_defaults.timestamp_clock_id
            self.origins_ns[packet.trusted_packet_sequence_id] = clocks[BOOTTIME] - clocks[own]
        else:
            self.result.clocks.update(clocks)

    def _origin_ns(self, packet: Any) -> int:
        """When the clock that a packet is timed by shows 0."""
        return self.origins_ns.get(packet.trusted_packet_sequence_id, 0)

    def _stage(self, packet: Any) -> Slice:
        event = packet.gpu_render_stage_event
        names = self.tables["gpu_specifications"]
        args = {extra.name: extra.value for extra in event.extra_data}
        args["gpu_id"] = event.gpu_id
        for name in ("grid_size", "workgroup_size"):
            if event.launch.HasField(name):
                size = getattr(event.launch, name)
                args[name] = [size.x, size.y, size.z]
        track = (names[event.hw_queue_iid].name,)
        end_ns = packet.timestamp + event.duration
        return Slice(track, names[event.stage_iid].name, packet.timestamp, end_ns, args)

    def _track_event(self, packet: Any, open_slices: dict[int, list[Slice]]) -> None:
        event = packet.track_event
        if event.type == TrackEvent.TYPE_COUNTER and "derived" not in self._counter(event).categories:
            point = (packet.timestamp, event.counter_value, self._args(event))
            self.result.recorded[self._path(event.track_uuid)].append(point)
        elif event.type == TrackEvent.TYPE_COUNTER:
            value = event.counter_value if event.HasField("counter_value") else event.double_counter_value
            point = (packet.timestamp, value)
            self.result.counters[self._path(event.track_uuid)].append(point)
        elif event.type == TrackEvent.TYPE_SLICE_BEGIN:
            begun = self._slice(packet)
            for outer in open_slices[event.track_uuid]:
                assert outer.start_ns <= begun.start_ns
            open_slices[event.track_uuid].append(begun)
            self.result.slices.append(begun)
            self.result.by_track[event.track_uuid].append(begun)
        else:
            assert event.type == TrackEvent.TYPE_SLICE_END
            open_slices[event.track_uuid].pop().end_ns = packet.timestamp

    def _counter(self, event: Any) -> Any:
        return self.descriptors[event.track_uuid].counter

    def _slice(self, packet: Any) -> Slice:
        event = packet.track_event
        args = self._args(event)
        args["category"] = self.tables["event_categories"][event.category_iids[0]].name
        name = self.tables["event_names"][event.name_iid].name
        return Slice(self._path(event.track_uuid), name, packet.timestamp, -1, args, tuple(event.flow_ids))

    def _args(self, event: Any) -> dict[str, Any]:
        texts = self.tables["debug_annotation_string_values"]
        args = {}
        for note in event.debug_annotations:
            is_text = note.HasField("string_value_iid")
            value = texts[note.string_value_iid].str.decode() if is_text else note.int_value
            args[self.tables["debug_annotation_names"][note.name_iid].name] = value
        return args

    def _path(self, uuid: int) -> tuple[str, ...]:
        descriptor = self.descriptors[uuid]
        above = self._path(descriptor.parent_uuid) if descriptor.HasField("parent_uuid") else ()
        name = descriptor.name or descriptor.process.process_name or descriptor.thread.thread_name
        return (*above, name)
