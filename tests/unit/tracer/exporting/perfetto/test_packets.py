"""Clocks of native traces."""

from __future__ import annotations

import pytest
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace

from gpu_trace.exporting.perfetto import export_perfetto
from gpu_trace.exporting.perfetto.packets import OwnClock
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.readers import load
from literal import literal


@pytest.mark.parametrize("origin_ns", [0, 1, 10**18 + 7, (1 << 63) - 1])
def test_a_clock_of_its_own_tells_when_it_shows_0(origin_ns):
    (packet,) = Trace.FromString(OwnClock(origin_ns).packet()).packet
    own, boot = packet.clock_snapshot.clocks
    assert (own.timestamp, boot.timestamp) == (0, origin_ns)
    assert own.clock_id == packet.trace_packet_defaults.timestamp_clock_id >= 128


def test_traces_that_begin_at_different_times_have_different_clocks():
    begins = [second * 10**9 for second in range(10_000)]
    assert len({OwnClock(begin).number for begin in begins}) == len(begins)


def test_times_are_written_from_the_first_instant_on(tmp_path):
    first_ns = 10**18
    trace = literal(f"k {first_ns + 5}-{first_ns + 9}; call c {first_ns}-{first_ns + 20}")
    export_perfetto(Analysis(trace), tmp_path / "out.pftrace")
    packets = Trace.FromString((tmp_path / "out.pftrace").read_bytes()).packet
    assert {packet.timestamp for packet in packets if packet.HasField("track_event")} == {0, 5, 9, 20}
    again = load(tmp_path / "out.pftrace")
    assert (again.work.start_ns.tolist(), again.calls.end_ns.tolist()) == ([first_ns + 5], [first_ns + 20])
