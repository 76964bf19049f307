"""Samples are in the trace as Perfetto's importer takes them, and come back to the nanosecond."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace, TracePacket

from gpu_trace.exporting.perfetto import stacks
from gpu_trace.exporting.timeline.identities import HostPlaces
from gpu_trace_analyzers.model import MISSING
from literal import literal
from strategies import traces


class Sequence:
    """What one writer said, as Perfetto keeps it: names of its own, a thread, and a clock that samples move on."""

    def __init__(self):
        self.tables = {}
        self.thread = None
        self.at_us = 0

    def learn(self, data):
        for descriptor, rows in data.ListFields():
            for row in rows:
                assert (descriptor.name, row.iid) not in self.tables, "a row twice"
                self.tables[descriptor.name, row.iid] = row

    def text(self, table, iid):
        return self.tables[table, iid].str.decode()

    def stack(self, iid):
        for frame in reversed(self.tables["callstacks", iid].frame_ids):
            row = self.tables["frames", frame]
            file = self.text("mapping_paths", self.tables["mappings", row.mapping_id].path_string_ids[0])
            assert not row.line_number or self.text("source_paths", row.source_path_iid) == file
            assert row.line_number == row.rel_pc
            yield self.text("function_names", row.function_name_id), file, row.line_number


def as_perfetto_has_them(data):
    """Pid, tid, microsecond and stack of each sample, innermost first."""
    sequences = {}
    for packet in Trace.FromString(data).packet:
        if packet.sequence_flags == TracePacket.SEQ_INCREMENTAL_STATE_CLEARED:
            sequences[packet.trusted_packet_sequence_id] = Sequence()
        own = sequences[packet.trusted_packet_sequence_id]
        if packet.HasField("thread_descriptor"):
            own.thread = packet.thread_descriptor.pid, packet.thread_descriptor.tid
            own.at_us = packet.thread_descriptor.reference_timestamp_us
        own.learn(packet.interned_data)
        found = packet.streaming_profile_packet
        for iid, delta_us in zip(found.callstack_iid, found.timestamp_delta_us, strict=True):
            assert delta_us >= 0
            own.at_us += delta_us
            yield (*own.thread, own.at_us, tuple(own.stack(iid)))


def packets(trace):
    return b"".join(stacks.stack_packets(trace, HostPlaces(trace)))


def of_the_trace(trace):
    samples, frames, places = trace.samples, trace.stack_frames, HostPlaces(trace)
    columns = (samples.start_ns, samples.frame, samples.process, samples.thread)
    for at_ns, frame, process, thread in zip(*(column.tolist() for column in columns), strict=True):
        stack = [] if frame != MISSING else [("(no stack)", "", 0)]
        while frame != MISSING:
            texts = (trace.text(int(column[frame])) for column in (frames.function, frames.file))
            stack.append((*texts, max(0, int(frames.line[frame]))))
            frame = int(frames.caller[frame])
        yield places.pids[process], places.tids[process, thread], at_ns // 1000, tuple(stack)


@pytest.mark.parametrize("at_once", [1, 2, 1024])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trace=traces())
def test_every_sample_is_there_with_its_stack(trace, at_once, monkeypatch):
    monkeypatch.setattr(stacks, "_SAMPLES_PER_PACKET", at_once)
    monkeypatch.setattr(stacks, "_ROWS_PER_PACKET", at_once)
    assert sorted(as_perfetto_has_them(packets(trace))) == sorted(of_the_trace(trace))


def test_microseconds_are_those_in_which_samples_were_taken_however_many_there_are():
    trace = literal("; ".join(f"sample {at}-{at + 999} f@a.py:1" for at in range(1999, 40_000, 999)))
    assert [at_us for _, _, at_us, _ in as_perfetto_has_them(packets(trace))] == [
        at // 1000 for at in range(1999, 40_000, 999)
    ]


def test_each_thread_is_told_of_its_own_stacks_alone():
    found = Trace.FromString(packets(literal("sample 0-10 t1 f@a.py:1|g@a.py:2; sample 5-10 t2 h@a.py:1")))
    data = [packet.interned_data for packet in found.packet if packet.HasField("interned_data")]
    assert [[row.str.decode() for row in each.function_names] for each in data] == [["f", "g"], ["h"]]


def test_a_trace_without_samples_has_no_packets_of_them():
    assert packets(literal("k 0-10")) == b""
